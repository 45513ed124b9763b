import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWire, type TestWire } from '../support/http.ts';

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** Yoga passes all of these audits. The stricter checks of Postern must not make one fail. */
describe('GraphQL over HTTP', () => {
  for (const audit of serverAudits({ url: () => `${wire.origin}/graphql` })) {
    test(`${audit.id} ${audit.name}`, async () => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? 'ok' : result.reason).toBe('ok');
    });
  }

  test('has 61 audits', () => {
    expect(serverAudits({ url: wire.origin })).toHaveLength(61);
  });
});
