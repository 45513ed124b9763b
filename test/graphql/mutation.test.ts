import { getNamedType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

const MUTATIONS = Object.values(schema.getMutationType()?.getFields() ?? {}).map(
  (field) => [field.name, field] as const,
);

test.each(MUTATIONS)('%s has an input and a payload type of its own name', (name, { args, type }) => {
  const own = name.charAt(0).toUpperCase() + name.slice(1);
  expect(getNamedType(type).name).toBe(`${own}Payload`);
  for (const arg of args) expect([arg.name, String(arg.type)]).toEqual(['input', `${own}Input!`]);
});
