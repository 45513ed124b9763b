import { sql } from 'kysely';
import { decodeGlobalId } from '../../../src/domain/global-id.ts';
import { insertIdentity } from '../../../src/storage/repositories/accounts/identities.ts';
import { type Person, START, type TestApp } from '../app.ts';
import { mutate } from '../channels.ts';
import { patchOf, personOf, scimAt } from '../directory.ts';
import { fetchFrom } from '../fetch.ts';
import { createPersonalToken } from '../tokens.ts';
import type { Action, Outcome } from './actions.ts';
import type { Scene } from './scene.ts';

/** A directory: its secret, the ids of its people, and that of a group whose one member has a role by it. */
export interface DirectoryOfScene {
  readonly secret: string;
  /** The first Owner, a member, and a member that the directory has deactivated. */
  readonly owner: string;
  readonly member: string;
  readonly gone: string;
  readonly group: string;
}

/** Creates a directory with three people and a group, which gives one of them a role. */
export async function createDirectory(
  postern: TestApp,
  second: Person,
  member: Person,
): Promise<DirectoryOfScene> {
  const { app, database, owner, workspaceId } = postern;
  const gone = await postern.person('Gone', 'VIEWER');
  await createPersonalToken(postern, gone.session);
  const secret = await app.services.directoryCredentials.create('hr');
  const scim = scimAt((request) => fetchFrom(app, request), 'https://postern.test', secret);
  // The first owner has a local account, which no directory reaches.
  await sql`update users set is_local = 0 where email = ${owner.email}`.execute(database.db);
  const idOf = (at: number) => `01900000-0000-7000-8000-00000000001${at}`;
  for (const [at, { id, email }] of [owner, member, gone].entries()) {
    const identity = { id: idOf(at), userId: decodeGlobalId('User', id), provider: 'hr', subject: email };
    await insertIdentity(database.db, { ...identity, linkedAt: START, lastUsedAt: null });
  }
  const directory = { secret, owner: idOf(0), member: idOf(1), gone: idOf(2) };
  await scim('PATCH', `/Users/${directory.gone}`, patchOf({ op: 'replace', path: 'active', value: false }));
  const members = [{ value: directory.member }];
  const { body } = await scim('POST', '/Groups', { displayName: 'crew', members });
  const input = { workspaceId, provider: 'hr', group: 'crew', role: 'WORKSPACE_MANAGER' };
  const { errors } = await mutate(postern, 'setGroupRole', input, second.session, '__typename');
  if (errors.length > 0 || !body.id) throw new Error(JSON.stringify([errors, body]));
  return { ...directory, group: body.id };
}

/** The codes of responses to SCIM whose cause is on the side of the server. */
const FAULT_CODES: Readonly<Record<number, Outcome>> = { 500: 'INTERNAL_SERVER_ERROR', 503: 'UNAVAILABLE' };

/** An action of the directory. The path is relative to `/scim/v2`. */
function scim(method: string, path: (scene: Scene) => string, body?: (scene: Scene) => unknown): Action {
  return async ({ app }, scene) => {
    const send = scimAt((request) => fetchFrom(app, request), 'https://postern.test', scene.directory.secret);
    const { status } = await send(method, path(scene), body?.(scene));
    return status < 300 ? 'ok' : (FAULT_CODES[status] ?? String(status));
  };
}

const ownerInDirectory = ({ directory }: Scene) => `/Users/${directory.owner}`;
const goneInDirectory = ({ directory }: Scene) => `/Users/${directory.gone}`;
const crew = ({ directory }: Scene) => `/Groups/${directory.group}`;
const setTo = (path: string, value: unknown) => () => patchOf({ op: 'replace', path, value });
const NEWCOMER = { externalId: 'hired', userName: 'newcomer@example.com' };

/** What a directory does by SCIM. */
export const DIRECTORY: Readonly<Record<string, readonly Action[]>> = {
  scimCreate: [
    scim(
      'POST',
      () => '/Users',
      () => personOf('Newcomer', NEWCOMER),
    ),
  ],
  scimDeactivate: [
    scim('PATCH', ownerInDirectory, setTo('active', false)),
    scim('DELETE', ownerInDirectory),
    scim('DELETE', goneInDirectory),
  ],
  scimReactivate: [
    scim('PATCH', goneInDirectory, setTo('active', true)),
    scim('PATCH', ownerInDirectory, setTo('active', true)),
  ],
  scimUpdate: [
    scim('PATCH', ownerInDirectory, setTo('userName', NEWCOMER.userName)),
    scim('PUT', goneInDirectory, () => personOf('Gone', NEWCOMER)),
  ],
  scimGroup: [
    scim('PATCH', crew, ({ directory: { owner } }) =>
      patchOf({ op: 'add', path: 'members', value: [{ value: owner }] }),
    ),
    scim('PATCH', crew, ({ directory: { member } }) =>
      patchOf({ op: 'remove', path: `members[value eq "${member}"]` }),
    ),
    scim('PATCH', crew, setTo('displayName', 'team')),
    scim('DELETE', crew),
    scim(
      'POST',
      () => '/Groups',
      () => ({ displayName: 'team' }),
    ),
  ],
};
