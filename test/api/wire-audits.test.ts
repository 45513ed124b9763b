import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWire, type TestWire } from '../support/http.ts';

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** A stock server passes all of these audits of GraphQL over HTTP; whatever is refused beyond it must not cost one. */
describe('GraphQL over HTTP', () => {
  for (const audit of serverAudits({ url: () => `${wire.origin}/graphql` })) {
    test(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? 'ok' : result.reason).toBe('ok');
    });
  }

  test('is audited in 61 points', () => {
    expect(serverAudits({ url: wire.origin })).toHaveLength(61);
  });
});
