import { type GraphQLScalarType, parseValue } from 'graphql';
import { expect, test } from 'vitest';
import { OPERATIONS } from '../../src/domain/scopes.ts';
import { schema } from '../../src/graphql/schema.ts';

const scalar = schema.getType('Operation') as GraphQLScalarType;

test.each([...OPERATIONS, 'REFUND_2', 'A'.repeat(50)])(
  '%s is accepted as an enum literal, a string literal and a variable',
  (name) => {
    expect(scalar.parseLiteral(parseValue(name))).toBe(name);
    expect(scalar.parseLiteral(parseValue(`"${name}"`))).toBe(name);
    expect(scalar.parseValue(name)).toBe(name);
    expect(scalar.serialize(name)).toBe(name);
  },
);

test('the description names the built-in operations', () => {
  expect(scalar.description).toContain(OPERATIONS.join(', '));
});

test.each([
  'read',
  '""',
  '1',
  'null',
  '["READ"]',
  '"1ST"',
  '"FLY-BY"',
  '"FLÝ"',
  '"A\\n"',
  `"${'A'.repeat(51)}"`,
])('%s is refused as a literal', (literal) => {
  expect(() => scalar.parseLiteral(parseValue(literal))).toThrow(
    'An operation is a name in upper snake case',
  );
});

test.each(['read', '', 1, null, ['READ'], '_A', 'A ', 'ſ'])('%j is refused as a variable', (value) => {
  expect(() => scalar.parseValue(value)).toThrow('An operation is a name in upper snake case');
});
