import { expect, test } from 'vitest';
import { OPERATIONS } from '../../src/domain/scopes.ts';
import { operationsFromText, operationsToText } from '../../src/storage/codec.ts';

test('every set of operations is stored by name and read back in canonical order', () => {
  for (let bits = 0; bits < 2 ** OPERATIONS.length; bits++) {
    const operations = OPERATIONS.filter((_operation, index) => bits & (1 << index));
    expect(operationsFromText(operationsToText([...operations, ...operations].reverse()))).toEqual(
      operations,
    );
  }
  expect(operationsToText(['SHARE', 'READ', 'READ'])).toBe('READ SHARE');
});

test('an operation that this version does not know is read as it is stored', () => {
  expect(operationsFromText('READ APPROVE_ALL')).toEqual(['READ', 'APPROVE_ALL']);
});
