import { type FieldNode, type OperationDefinitionNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { lengthOf } from '../../src/graphql/cost.ts';

const ITEMS = Array(5).fill('x');

test.each([
  ['a literal list', '{ f(list: [1, 2, 3]) }', 'list', {}, 3],
  ['a variable', '{ f(list: $v) }', 'list', { v: ITEMS }, 5],
  ['a single value', '{ f(list: 1) }', 'list', {}, 1],
  ['no argument', '{ f }', 'list', {}, 1],
  ['a literal list in a literal input', '{ f(input: { list: [1, 2, 3] }) }', 'input.list', {}, 3],
  ['a variable in a literal input', '{ f(input: { list: $v }) }', 'input.list', { v: ITEMS }, 5],
  ['a list in a variable input', '{ f(input: $v) }', 'input.list', { v: { list: ITEMS } }, 5],
  ['a variable input without the list', '{ f(input: $v) }', 'input.list', { v: {} }, 1],
])('the length of %s', (_, document, path, variables, length) => {
  const [operation] = parse(document).definitions as [OperationDefinitionNode];
  const [field] = operation.selectionSet.selections as readonly FieldNode[];
  expect(lengthOf(field as FieldNode, path)(variables)).toBe(length);
});
