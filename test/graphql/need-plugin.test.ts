import { expect, test } from 'vitest';
import { askOf } from '../../src/graphql/need-plugin.ts';

test('a need of an object without its id asks about nothing, rather than about any', () => {
  const need = { kind: 'token', operation: 'READ', token: 'parent.id' } as const;
  expect(askOf(need, { id: 'one' }, {})).toMatchObject({ tokenId: 'one' });
  expect(() => askOf(need, {}, {})).toThrow('parent.id');
});
