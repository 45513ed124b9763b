import { expect, test } from 'vitest';
import { toAccessRequest } from '../../src/graphql/requirement-plugin.ts';

test('a need of an object without its id asks about nothing, rather than about any', () => {
  const need = { kind: 'token', operation: 'READ', token: 'parent.id' } as const;
  expect(toAccessRequest(need, { id: 'one' }, {})).toMatchObject({ tokenId: 'one' });
  expect(() => toAccessRequest(need, {}, {})).toThrow('parent.id');
});
