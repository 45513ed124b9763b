import { type GraphQLScalarType, parseValue } from 'graphql';
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../src/domain/scopes.ts';
import { schema } from '../../src/graphql/schema.ts';

const scalar = schema.getType('Operation') as GraphQLScalarType;

test.each(OPERATIONS)('%s is accepted as an enum literal, a string literal and a variable', (name) => {
  expect(scalar.parseLiteral(parseValue(name))).toBe(name);
  expect(scalar.parseLiteral(parseValue(`"${name}"`))).toBe(name);
  expect(scalar.parseValue(name)).toBe(name);
  expect(scalar.serialize(name)).toBe(name);
  expect(scalar.description).toContain(name);
});

test.each(['FLY', 'read', '""', '1', 'null', '["READ"]'])('%s is refused as a literal', (literal) => {
  expect(() => scalar.parseLiteral(parseValue(literal))).toThrow('An operation is one of CREATE, ');
});

test.each(['FLY', 'read', '', 1, null, ['READ']])('%j is refused as a variable', (value) => {
  expect(() => scalar.parseValue(value)).toThrow('An operation is one of CREATE, ');
});
