import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWire, type TestWire } from '../support/http.ts';
import { seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const SEED = 20_261_122;
const PEOPLE = 8;
const LANES = 32;
const CALLS_A_LANE = testLength({ short: 20, full: 60 });
const TWICE = '{ a: viewer { kind user { id } token { id } } b: viewer { user { id } token { id } } }';

let wire: TestWire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

/** A credential and the identity that its calls must have. */
interface Caller {
  readonly secret: string;
  readonly user: string | null;
  readonly token: string | null;
  /** Whether its revocation was requested, and whether it was acknowledged. */
  revoking: boolean;
  revoked: boolean;
}

async function createCallers(): Promise<Caller[]> {
  const { postern } = wire;
  const callers: Caller[] = [];
  for (let n = 0; n < PEOPLE; n += 1) {
    const person = await postern.person(`Person${n}`);
    callers.push({ secret: person.session, user: person.id, token: null, revoking: false, revoked: false });
    for (let m = 0; m < 3; m += 1) {
      const { id, secret } = await createPersonalToken(postern, person.session);
      callers.push({ secret, user: person.id, token: id, revoking: false, revoked: false });
    }
    const { id, secret } = await createWorkspaceToken(postern, 'VIEWER');
    callers.push({ secret, user: null, token: id, revoking: false, revoked: false });
  }
  return callers;
}

async function identifyByGraphQL({ secret }: Caller): Promise<unknown> {
  const response = await wire.post({ query: TWICE }, { Authorization: `Bearer ${secret}` });
  const { data } = (await response.json()) as any;
  return response.status === 401
    ? 'refused'
    : [data?.a, data?.b].map((v) => [v?.user?.id ?? null, v?.token?.id ?? null]);
}

async function identifyByVerify({ secret }: Caller): Promise<unknown> {
  const { status, headers } = await fetch(`${wire.origin}/verify`, {
    headers: { Authorization: `Bearer ${secret}` },
  });
  const identity = [headers.get('x-postern-user'), headers.get('x-postern-token')];
  return status === 401 ? 'refused' : [identity, identity];
}

async function revoke(caller: Caller): Promise<void> {
  caller.revoking = true;
  const form = new URLSearchParams({ token: caller.secret });
  expect((await fetch(`${wire.origin}/oauth/revoke`, { method: 'POST', body: form })).status).toBe(200);
  caller.revoked = true;
}

test('concurrent calls each get the identity of their own caller, and none after its revocation', async () => {
  const callers = await createCallers();
  const random = seededRandom(SEED);
  let refused = 0;

  async function lane(): Promise<void> {
    for (let n = 0; n < CALLS_A_LANE; n += 1) {
      const caller = random.pick(callers);
      const expected = caller.revoked ? 'refused' : [caller, caller].map(({ user, token }) => [user, token]);
      const identify = random.chance(0.5) ? identifyByGraphQL : identifyByVerify;
      const identity = await identify(caller);
      // A call during the revocation can have either result.
      if (expected === 'refused' || !caller.revoking) expect(identity).toEqual(expected);
      if (identity === 'refused') refused += 1;
      if (caller.token !== null && !caller.revoking && random.chance(0.02)) await revoke(caller);
    }
  }

  await Promise.all(Array.from({ length: LANES }, lane));
  expect(refused).toBeGreaterThan((50 / 60) * CALLS_A_LANE);
});
