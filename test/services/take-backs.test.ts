import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeGlobalId, toGlobalId } from '../../src/domain/global-id.ts';
import type { Role } from '../../src/domain/roles.ts';
import type { Cascades } from '../../src/services/maintenance/cascades.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { PASSWORD, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { startCascades } from '../support/cascades.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { openTestDatabase } from '../support/database.ts';
import { repeatMembers } from '../support/grants.ts';
import { createRowCounter, type RowCounter } from '../support/row-counter.ts';
import { follow } from '../support/streams.ts';
import { createWorkspaceToken, type IssuedToken } from '../support/tokens.ts';

/** The number of members with a role from the token: three chunks of them. */
const MEMBERS = 2 * CHUNK + 10;
/** The time in which an idle stream ends after the change was acknowledged. */
const PROMPTLY = 1_000;

let postern: TestApp;
let cascades: Cascades;
let rows: RowCounter;
/** How many rows each transaction wrote. */
let written: number[];
/** The number of transactions that run. */
let running: number;
/** What happens before the second transaction from now on that locks what a token gave. */
let meanwhile: (() => Promise<unknown>) | null;
/** The token whose roles are taken back. */
let token: IssuedToken;
/** The first of the members. */
let ada: Person;

/** Returns a database whose transactions are counted and interrupted. */
function observed(handle: DatabaseHandle): DatabaseHandle {
  let isSecond = false;
  return {
    ...handle,
    async transact(locks, work, options) {
      if (meanwhile && locks.some(({ on }) => on === 'everything' || on === 'sharesOfToken')) {
        const act = isSecond ? meanwhile : null;
        isSecond = !isSecond;
        if (act) {
          meanwhile = null;
          await act();
        }
      }
      running++;
      try {
        const before = await rows.count();
        const result = await handle.transact(locks, work, options);
        const count = (await rows.count()) - before;
        if (count > 0) written.push(count);
        return result;
      } finally {
        running--;
      }
    },
  };
}

beforeEach(async () => {
  const database = await openTestDatabase();
  rows = await createRowCounter(database);
  written = [];
  running = 0;
  meanwhile = null;
  postern = await startTestApp({}, observed(database));
  // Uses are stored at times of their own, and the server's own cascades would run every few seconds.
  Object.assign(postern.app.services.lastUse, { record: () => {} });
  await postern.app.services.cascades.close();
  cascades = startCascades(postern);
  token = await createWorkspaceToken(postern, 'ADMINISTRATOR');
  ada = await postern.person('Ada');
});

afterEach(async () => {
  await cascades.close();
  await rows.remove();
  await postern.close();
});

async function call(field: string, input: object, by: string | null, selection = '__typename') {
  const { data, errors } = await mutate(postern, field, input, by, selection);
  expect(errors).toEqual([]);
  return data[field];
}

/** Invites a user who has an account, and accepts for them. */
async function join(person: Person, role: Role, by: string): Promise<void> {
  const input = { workspaceId: postern.workspaceId, email: person.email, role };
  const { invitationSecret } = await call('inviteMember', input, by, 'invitationSecret');
  await call('acceptInvitation', { secret: invitationSecret }, person.session);
}

/** Adds members by the token, Ada first. */
async function joinMany(role: Role, count = MEMBERS): Promise<void> {
  await join(ada, role, token.secret);
  const first = { workspaceId: postern.workspaceId, userId: ada.id };
  await repeatMembers(postern.database, first, count - 1);
  // The server stores the snapshot of the token, which has just been used, in a transaction of its own.
  const tokenId = decodeGlobalId('Token', token.id) as string;
  const query = postern.database.db.selectFrom('token_snapshots').select('digest');
  await expect.poll(() => query.where('token_id', '=', tokenId).execute()).toHaveLength(1);
  // Its row is visible before its rows have been counted.
  await expect.poll(() => running).toBe(0);
  written.length = 0;
}

async function roleOf({ session }: Person): Promise<Role | null> {
  const query = 'query ($id: ID!) { workspace(id: $id) { viewerRole } }';
  const { data } = await postern.post(query, { id: postern.workspaceId }, session);
  return data.workspace?.viewerRole ?? null;
}

const membersLeft = async () =>
  (
    await postern.database.db
      .selectFrom('members')
      .select('user_id')
      .where('given_role', 'is', null)
      .execute()
  ).length;

/** Returns what the audit events about removed members say. */
async function removals() {
  const events = await postern.database.db
    .selectFrom('audit_events')
    .select(['target_id', 'actor_kind', 'detail'])
    .where('action', '=', 'member.removed')
    .execute();
  expect(new Set(events.map(({ target_id }) => target_id)).size).toBe(events.length);
  return events.map(({ actor_kind, detail }) => {
    const { takenBackFrom, by, role } = JSON.parse(detail);
    return { actor_kind, takenBackFrom, by, role };
  });
}

const takeBack = () =>
  mutate(postern, 'revokeToken', { id: token.id, takeBack: true }, postern.owner.session, 'token { status }');
const regenerate = () =>
  mutate(postern, 'regenerateToken', { id: token.id }, postern.owner.session, 'secret token { id }');
const setRole = (userId: string, role: Role, by: string) =>
  call('updateMemberRole', { workspaceId: postern.workspaceId, userId, role }, by);
const statusOf = async (secret: string) => {
  const headers = { authorization: `Bearer ${secret}` };
  return (await postern.fetch(new Request('http://postern.test/verify', { headers }))).status;
};

const WAYS = {
  'reported as leaked': {
    end: () => mutate(postern, 'reportLeakedSecrets', { secrets: [token.secret] }, null, 'received'),
    event: { actor_kind: null, by: 'leak-report' },
  },
  'revoked with takeBack': { end: takeBack, event: { actor_kind: 'SESSION', by: undefined } },
} as const;

describe.each(Object.entries(WAYS))('a token with many members that is %s', (_, { end, event }) => {
  test('has none when the call is answered, and one audit event for each', async () => {
    await joinMany('VIEWER');
    expect((await end()).errors).toEqual([]);
    expect(await membersLeft()).toBe(0);
    expect(await roleOf(ada)).toBeNull();
    expect(await cascades.count()).toBe(0);
    const expected = { ...event, takenBackFrom: token.id, role: 'VIEWER' };
    expect(await removals()).toEqual(Array(MEMBERS).fill(expected));
  });

  test('writes no more rows in a transaction if there are more members', async () => {
    const most: number[] = [];
    for (const [index, count] of [MEMBERS, 2 * MEMBERS].entries()) {
      token = await createWorkspaceToken(postern, 'ADMINISTRATOR');
      ada = await postern.person(`Ada${index}`);
      await joinMany('VIEWER', count);
      expect((await end()).errors).toEqual([]);
      expect(written).toHaveLength(Math.ceil(count / CHUNK));
      most.push(Math.max(...written));
    }
    expect(most[0]).toBeGreaterThan(CHUNK);
    expect(most[1]).toBe(most[0]);
  });

  test('stops in the first transaction, with the highest roles that it gave', async () => {
    const ben = await postern.person('Ben');
    await joinMany('VIEWER');
    await join(ben, 'ADMINISTRATOR', token.secret);
    const seen: unknown[] = [];
    meanwhile = async () => {
      seen.push(await statusOf(token.secret), await roleOf(ben), await membersLeft());
      seen.push((await regenerate()).code);
    };
    expect((await end()).errors).toEqual([]);
    expect(seen).toEqual([401, null, MEMBERS + 1 - CHUNK, 'CONFLICT']);
    expect(await membersLeft()).toBe(0);
  });

  test('leaves the rest to the servers if the database fails in between, and the call is not acknowledged', async () => {
    await joinMany('VIEWER');
    meanwhile = () => Promise.reject(new Error('the connection is closed'));
    expect((await end()).code).toBe('INTERNAL_SERVER_ERROR');
    expect(await membersLeft()).toBe(MEMBERS - CHUNK);
    expect(await statusOf(token.secret)).toBe(401);
    expect((await regenerate()).code).toBe('CONFLICT');
    expect(await cascades.count()).toBe(1);
    await cascades.run();
    expect(await membersLeft()).toBe(0);
    expect(await cascades.count()).toBe(0);
    expect(await removals()).toHaveLength(MEMBERS);
  });

  test('has none when a call that is repeated is answered', async () => {
    await joinMany('VIEWER');
    meanwhile = () => Promise.reject(new Error('the connection is closed'));
    await end();
    expect((await end()).errors).toEqual([]);
    expect(await membersLeft()).toBe(0);
    expect(await cascades.count()).toBe(0);
    expect(await removals()).toHaveLength(MEMBERS);
    expect((await end()).errors).toEqual([]);
    expect(await removals()).toHaveLength(MEMBERS);
  });
});

test('as many members as a chunk are taken back in one transaction', async () => {
  await joinMany('VIEWER', CHUNK);
  expect((await takeBack()).errors).toEqual([]);
  expect(written).toHaveLength(1);
  expect(await membersLeft()).toBe(0);
  expect(await cascades.count()).toBe(0);
});

test('the streams of the last members close when the call is answered', async () => {
  const ben = await postern.person('Ben');
  const channel = await createChannel(postern);
  await joinMany('TEAM_MEMBER');
  await join(ben, 'VIEWER', token.secret);
  await share(postern, channel, ben, ['READ']);
  const stream = await follow(postern, channel, ben.session);
  await takeBack();
  expect(await stream.end()).toBeLessThan(PROMPTLY);
});

test('a token that is regenerated after the answer gives roles that stay', async () => {
  await joinMany('VIEWER');
  await takeBack();
  const { data, errors } = await regenerate();
  expect(errors).toEqual([]);
  await join(ada, 'VIEWER', data.regenerateToken.secret);
  await cascades.run();
  expect(await roleOf(ada)).toBe('VIEWER');
});

describe('while the members follow in chunks', () => {
  /** Returns members that no chunk has reached. */
  async function findLeft(count: number): Promise<Person[]> {
    const query = postern.database.db
      .selectFrom('member_grants as g')
      .innerJoin('users as u', 'u.id', 'g.user_id');
    const users = await query
      .select(['u.id', 'u.email'])
      .where('u.id', '!=', uuidOf(ada))
      .limit(count)
      .execute();
    return Promise.all(
      users.map(async ({ id, email }) => ({
        ...{ id: toGlobalId('User', id), email, password: PASSWORD },
        session: await postern.signIn(email),
      })),
    );
  }

  const uuidOf = ({ id }: Person) => decodeGlobalId('User', id) as string;
  const owner = () => postern.owner.session;

  test('those stay whose role a person confirms or raises, and those who leave and join again', async () => {
    await joinMany('VIEWER');
    let left: Person[] = [];
    meanwhile = async () => {
      left = await findLeft(3);
      const [confirmed, raised, again] = left as [Person, Person, Person];
      await setRole(confirmed.id, 'VIEWER', owner());
      await setRole(raised.id, 'OWNER', owner());
      await call('removeMember', { workspaceId: postern.workspaceId, userId: again.id }, again.session);
      await join(again, 'TEAM_MEMBER', owner());
    };
    expect((await takeBack()).errors).toEqual([]);
    expect(await membersLeft()).toBe(0);
    expect(await Promise.all(left.map(roleOf))).toEqual(['VIEWER', 'OWNER', 'TEAM_MEMBER']);
  });

  test('a role that another token gives stays', async () => {
    const other = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    await joinMany('VIEWER');
    let left: Person[] = [];
    meanwhile = async () => {
      left = await findLeft(1);
      for (const { id } of left) await setRole(id, 'ADMINISTRATOR', other.secret);
    };
    expect((await takeBack()).errors).toEqual([]);
    expect(await Promise.all(left.map(roleOf))).toEqual(['ADMINISTRATOR']);
    expect(await membersLeft()).toBe(1);
  });

  test('a member that one of them adds is removed too', async () => {
    const ben = await postern.person('Ben');
    await joinMany('WORKSPACE_MANAGER');
    meanwhile = async () => {
      for (const { session } of await findLeft(1)) await join(ben, 'WORKSPACE_MANAGER', session);
      expect(await roleOf(ben)).toBe('WORKSPACE_MANAGER');
    };
    expect((await takeBack()).errors).toEqual([]);
    expect(await roleOf(ben)).toBeNull();
    expect(await membersLeft()).toBe(0);
  });

  test('they lose their roles although the token is deleted', async () => {
    await joinMany('VIEWER');
    meanwhile = () => call('deleteToken', { id: token.id }, owner());
    expect((await takeBack()).errors).toEqual([]);
    expect(await membersLeft()).toBe(0);
    expect(await removals()).toHaveLength(MEMBERS);
  });

  test('the call ends although the workspace is deleted', async () => {
    await joinMany('VIEWER');
    meanwhile = () => call('deleteWorkspace', { id: postern.workspaceId }, owner());
    expect((await takeBack()).errors).toEqual([]);
    await cascades.run();
    expect(await membersLeft()).toBe(0);
    expect(await cascades.count()).toBe(0);
  });
});
