import { expect, test } from 'vitest';
import { toAccessRequest } from '../../src/graphql/requirement-plugin.ts';

test('a requirement on an object without its id throws instead of asking about any object', () => {
  const requires = { kind: 'token', operation: 'READ', token: 'parent.id' } as const;
  expect(toAccessRequest(requires, { id: 'one' }, {})).toMatchObject({ tokenId: 'one' });
  expect(() => toAccessRequest(requires, {}, {})).toThrow('parent.id');
});
