import { setImmediate as letOthersRun } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemIds } from '../../src/platform/ids.ts';
import { insertIdentity } from '../../src/storage/repositories/accounts/identities.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openTestDatabaseTwice } from '../support/database.ts';
import { connectDirectory, DIRECTORY_ENV, patchOf, type Scim } from '../support/directory.ts';
import { createPersonalToken } from '../support/tokens.ts';

const ROUNDS = 10;
const POLLERS = 6;
const PATIENCE_MS = 40_000;
const ENV = { ...DIRECTORY_ENV, POSTERN_REFUSALS_PER_MINUTE: '0', POSTERN_REQUESTS_PER_MINUTE: '0' };

let nodes: readonly [TestApp, TestApp];
let scim: Scim;

beforeEach(async () => {
  const [one, other] = await openTestDatabaseTwice();
  nodes = [await startTestApp(ENV, one), await startTestApp(ENV, other)];
  scim = await connectDirectory(nodes[0]);
});
afterEach(async () => {
  for (const node of nodes) await node.close();
});

/** Calls a node with a secret; returns whether it was accepted. */
async function isAccepted(node: TestApp, secret: string, turn: number): Promise<boolean> {
  if (turn % 3 > 0) return (await node.post('{ viewer { kind } }', {}, secret)).status === 200;
  const headers = { authorization: `Bearer ${secret}` };
  const query = 'operation=LIST&entityType=workspace&any=true';
  const { status } = await node.fetch(new Request(`http://postern.test/verify?${query}`, { headers }));
  return status === 204;
}

/** What became of the requests of a loop. */
interface Counts {
  acceptedBefore: number;
  /** Accepted although they were sent after the response to the deactivation. */
  acceptedAfter: number;
  refusedAfter: number;
}

test('no credential of a leaver is accepted on any node after the response to the deactivation', async () => {
  const ada = await nodes[0].person('Ada', 'TEAM_MEMBER');
  const { id: userId } = await nodes[0].app.services.operator.findUser(ada.email);
  const id = systemIds();
  const identity = { id, userId, provider: 'corp', subject: 'ada', linkedAt: 0, lastUsedAt: null };
  await insertIdentity(nodes[0].database.db, identity);
  const { secret: token } = await createPersonalToken(nodes[0], ada.session);
  const counts: Counts = { acceptedBefore: 0, acceptedAfter: 0, refusedAfter: 0 };

  const deadline = performance.now() + PATIENCE_MS;
  for (let round = 0; round < ROUNDS; round += 1) {
    const session = await nodes[1].signIn(ada.email);
    let isDeactivated = false;
    let turn = 0;
    const untilRefused = async (node: TestApp, secret: string) => {
      for (let after = 0; after < 5; turn += 1) {
        const wasDeactivated = isDeactivated;
        const accepted = await isAccepted(node, secret, turn);
        await letOthersRun();
        if (performance.now() > deadline) throw new Error('the deactivation has not returned');
        if (wasDeactivated) after += 1;
        if (accepted) counts[wasDeactivated ? 'acceptedAfter' : 'acceptedBefore'] += 1;
        else if (wasDeactivated) counts.refusedAfter += 1;
      }
    };
    const pollers = Array.from({ length: POLLERS }, (_, at) =>
      untilRefused(nodes[at % 2] as TestApp, at % 3 === 0 ? session : token),
    );
    const active = (value: boolean) => patchOf({ op: 'replace', path: 'active', value });
    const { status } = await scim('PATCH', `/Users/${id}`, active(false));
    isDeactivated = true;
    expect(status).toBe(200);
    await Promise.all(pollers);
    expect(await scim('PATCH', `/Users/${id}`, active(true))).toMatchObject({ status: 200 });
  }
  expect(counts).toMatchObject({ acceptedAfter: 0, refusedAfter: ROUNDS * POLLERS * 5 });
  expect(counts.acceptedBefore).toBeGreaterThan(0);
}, 60_000);
