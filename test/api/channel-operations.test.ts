import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { CELLS, type Cell, createOperationWorld, type OperationWorld } from '../support/operation-matrix.ts';
import { sampleIfRepeated } from '../support/test-length.ts';

const CAN = `query ($operation: Operation!, $entityType: EntityType!, $entityId: ID, $workspaceId: ID) {
  viewer {
    can(operation: $operation, entityType: $entityType, entityId: $entityId, workspaceId: $workspaceId) { allowed }
    canAll(checks: [{
      operation: $operation, entityType: $entityType, entityId: $entityId, workspaceId: $workspaceId
    }]) { allowed }
  }
}`;

let postern: TestApp;
let world: OperationWorld;

beforeAll(async () => {
  postern = await startTestApp({ POSTERN_STREAMS_PER_CREDENTIAL: '100' });
  world = await createOperationWorld(postern);
});

afterAll(() => postern.close());

async function can(cell: Cell): Promise<[boolean, boolean]> {
  const { data } = await postern.post(CAN, world.questionFor(cell), world.secretFor(cell.held));
  return [data.viewer.can.allowed, data.viewer.canAll[0].allowed];
}

async function verify(cell: Cell): Promise<boolean> {
  const url = new URL('http://postern.test/verify');
  for (const [name, value] of Object.entries(world.questionFor(cell))) url.searchParams.set(name, value);
  const headers = { authorization: `Bearer ${world.secretFor(cell.held)}` };
  return (await postern.fetch(new Request(url, { headers }))).status === 204;
}

test.each(sampleIfRepeated(CELLS, { short: 5 }))(
  'every endpoint makes the same decision on a token with $held, for $operation on a channel of place $place',
  async (cell) => {
    const [one, all] = await can(cell);
    const decisions = { call: await world.call(cell), can: one, canAll: all, verify: await verify(cell) };
    const { allowed } = cell;
    expect(decisions).toEqual({ call: allowed, can: allowed, canAll: allowed, verify: allowed });
  },
);
