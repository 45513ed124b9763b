/** Fails if a generated file differs from what its generator makes now. */
import { readFile } from 'node:fs/promises';
import { generate } from '@graphql-codegen/cli';
import { lexicographicSortSchema, printSchema } from 'graphql';
import codegen from '../codegen.ts';
import { schema } from '../src/graphql/schema.ts';

interface Generated {
  readonly filename: string;
  readonly content: string;
}

const sdl = printSchema(lexicographicSortSchema(schema));
const hooks = (await generate({ ...codegen, schema: sdl, silent: true }, false)) as Generated[];
const generated: Generated[] = [{ filename: 'schema.graphql', content: `${sdl}\n` }, ...hooks];

for (const { filename, content } of generated) {
  const committed = await readFile(filename, 'utf8').catch(() => null);
  if (committed === content) continue;
  console.error(
    `${filename} is not current: run "npm run schema" and "npm run codegen", and commit what changed.`,
  );
  process.exitCode = 1;
}
