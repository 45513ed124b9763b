#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Options } from './command.ts';
import { RUNNERS } from './commands.ts';
import { failure, isFailure } from './failure.ts';
import { helpText } from './help.ts';
import { print, say } from './output.ts';

const TEXT = { type: 'string' } as const;

/** Parses the arguments. Throws a failure of usage. */
function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ scope: { type: 'string', multiple: true }, access: TEXT, expires: TEXT, description: TEXT },
        ...{ name: TEXT, overlap: TEXT, status: TEXT, workspace: TEXT, operation: TEXT, variables: TEXT },
        ...{ server: TEXT },
        ...{ json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } },
      },
    });
  } catch (error) {
    throw failure('usage', (error as Error).message.split('. ')[0] ?? 'The arguments are wrong.');
  }
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { values, positionals } = parse(args);
  const { help, version, ...options } = values as Options & { help?: boolean; version?: boolean };
  if (version) {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    return print((JSON.parse(manifest) as { version: string }).version);
  }
  const [name, ...rest] = positionals;
  if (help || name === 'help') return print(helpText().trimEnd());
  const command = name === undefined ? undefined : RUNNERS.get(name);
  if (!command)
    throw failure('usage', `${name ? `${name} is no command` : 'Name a command'}. See: pat --help`);
  const [least, most] = command.takes;
  if (rest.length < least || rest.length > most)
    throw failure('usage', `Wrong arguments for ${name}. See: pat --help`);
  const taken: readonly string[] = [...command.options, 'server', 'json'];
  const other = Object.keys(options).find((option) => !taken.includes(option));
  if (other) throw failure('usage', `${name} does not take --${other}. See: pat --help`);
  await command.run({ args: rest, options, env });
}

try {
  await run(process.argv.slice(2), process.env);
} catch (error) {
  say(
    isFailure(error)
      ? error.message
      : `pat failed: ${error instanceof Error ? error.message : 'unknown error'}`,
  );
  process.exitCode = isFailure(error) ? error.exitCode : 1;
}
