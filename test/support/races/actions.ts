import { PosternError } from '../../../src/domain/errors.ts';
import { digestOf } from '../../../src/platform/hashing.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { createCascades } from '../../../src/services/maintenance/cascades.ts';
import type { Services } from '../../../src/services/services.ts';
import { createEvents } from '../../../src/services/transactions/events.ts';
import type { DatabaseHandle } from '../../../src/storage/database.ts';
import { findIdentity } from '../../../src/storage/repositories/accounts/identities.ts';
import { storeTokenSnapshots } from '../../../src/storage/repositories/token-snapshots.ts';
import { PASSWORD, type TestApp } from '../app.ts';
import { mutate } from '../channels.ts';
import { pollDevice } from '../device.ts';
import { exchange } from '../federation.ts';
import { fetchFrom } from '../fetch.ts';
import { finishSignIn } from '../stored-sign-ins.ts';
import { TRUST } from './federations.ts';
import { DEVICES, NOW, type Scene } from './scene.ts';
import type { SignInName } from './sign-ins.ts';

/** The result of an action: `ok`, or the code of its refusal. */
export type Outcome = string;

/** A server that takes part in races. */
export type RaceNode = Pick<TestApp, 'app' | 'database' | 'post'>;

/** One call to a node. */
export type Action = (node: RaceNode, scene: Scene) => Promise<Outcome>;

/** An action that calls a mutation by the secret that `by` returns. */
function call(field: string, input: (scene: Scene) => object, by: (scene: Scene) => string | null): Action {
  return async (node, scene) => {
    const answer = await mutate(node, field, input(scene), by(scene), '__typename');
    return answer.code ?? 'ok';
  };
}

/** An action that calls a mutation without an input. */
function bare(field: string, by: (scene: Scene) => string): Action {
  return async (node, scene) =>
    (await node.post(`mutation { ${field} { __typename } }`, {}, by(scene))).code ?? 'ok';
}

const asOwner = ({ owner }: Scene) => owner.session;
const asSecond = ({ second }: Scene) => second.session;
const asMember = ({ member }: Scene) => member.session;
const asPersonal = ({ personal }: Scene) => personal.secret;
const asService = ({ service }: Scene) => service.secret;

const ofPersonal = ({ personal }: Scene) => ({ id: personal.id });
const ofScoped = ({ scoped }: Scene) => ({ id: scoped.id });
const ofService = ({ service }: Scene) => ({ id: service.id });
const ofChannel = ({ channelId }: Scene) => ({ id: channelId });
const inWorkspace = ({ workspaceId }: Scene) => ({ workspaceId });
const groupOf = (group: string) => ({ provider: 'corp', group });
const READ = { entityType: 'channel', operations: ['READ'] };

/** An action that finishes a sign-in at a provider in the browser that began it. */
function finish(
  field: 'completeSignIn' | 'linkIdentity' | 'reauthenticate',
  which: SignInName,
  by: (scene: Scene) => string | null,
): Action {
  return (node, scene) => finishSignIn(node, field, scene.providerSignIns.byName[which], by(scene));
}

/** The calls of users and tokens, by mutation. A mutation can have several. */
export const CALLS: Readonly<Record<string, readonly Action[]>> = {
  acceptInvitation: [0, 1].map((which) =>
    call(
      'acceptInvitation',
      ({ invitations }) => ({ secret: invitations[which], name: 'Newcomer', password: PASSWORD }),
      () => null,
    ),
  ),
  approveDevice: [
    call('approveDevice', () => ({ userCode: DEVICES.userCode }), asOwner),
    call('approveDevice', () => ({ userCode: DEVICES.userCode, token: { name: 'ci' } }), asSecond),
  ],
  addTokenScopes: [call('addTokenScopes', (scene) => ({ ...ofScoped(scene), scopes: [READ] }), asOwner)],
  changePassword: [false, true].map((revokeTokens) =>
    call(
      'changePassword',
      () => ({ currentPassword: PASSWORD, newPassword: `another ${PASSWORD}`, revokeTokens }),
      asOwner,
    ),
  ),
  completeSignIn: (['known', 'newcomer', 'newcomerAgain', 'linked', 'hired'] as const).map((which) =>
    finish('completeSignIn', which, () => null),
  ),
  createChannel: [call('createChannel', (scene) => ({ ...inWorkspace(scene), name: 'more' }), asMember)],
  createFederation: [
    call('createFederation', (scene) => ({ ...inWorkspace(scene), ...TRUST, name: 'more' }), asSecond),
  ],
  createToken: [
    call('createToken', () => ({ name: 'more' }), asOwner),
    call('createToken', () => ({ name: 'derived', access: 'SCOPED', scopes: [READ] }), asPersonal),
  ],
  createWorkspace: [
    call('createWorkspace', () => ({ name: 'Team' }), asOwner),
    call('createWorkspace', () => ({ name: 'Team' }), asMember),
  ],
  createWorkspaceToken: [
    call('createWorkspaceToken', (scene) => ({ ...inWorkspace(scene), name: 'more' }), asOwner),
    call('createWorkspaceToken', (scene) => ({ ...inWorkspace(scene), name: 'derived' }), asService),
  ],
  denyDevice: [call('denyDevice', () => ({ userCode: DEVICES.userCode }), asMember)],
  deleteAllTokens: [bare('deleteAllTokens', asOwner)],
  deleteChannel: [call('deleteChannel', ofChannel, asSecond)],
  deleteFederation: [call('deleteFederation', ({ federationId }) => ({ id: federationId }), asOwner)],
  deleteToken: [call('deleteToken', ofPersonal, asOwner), call('deleteToken', ofService, asSecond)],
  deleteWorkspace: [
    call('deleteWorkspace', ({ workspaceId }) => ({ id: workspaceId }), asSecond),
    call('deleteWorkspace', ({ smallWorkspaceId }) => ({ id: smallWorkspaceId }), asSecond),
  ],
  disableToken: [call('disableToken', ofPersonal, asOwner), call('disableToken', ofService, asSecond)],
  enableToken: [call('enableToken', ofPersonal, asOwner)],
  inviteMember: [
    call(
      'inviteMember',
      (scene) => ({ ...inWorkspace(scene), email: 'newcomer@example.com', role: 'TEAM_MEMBER' }),
      asService,
    ),
    call(
      'inviteMember',
      (scene) => ({ ...inWorkspace(scene), email: 'another@example.com', role: 'VIEWER' }),
      asOwner,
    ),
  ],
  linkIdentity: [finish('linkIdentity', 'link', asOwner), finish('linkIdentity', 'linkOfSecond', asSecond)],
  publishMessage: [asMember, asPersonal, ({ guest }: Scene) => guest.session].map((by) =>
    call('publishMessage', ({ channelId }) => ({ channelId, payload: 'hello' }), by),
  ),
  reauthenticate: [
    call('reauthenticate', () => ({ password: PASSWORD }), asOwner),
    finish('reauthenticate', 'reauthenticate', asOwner),
  ],
  regenerateToken: [
    call('regenerateToken', ofPersonal, asOwner),
    call('regenerateToken', (scene) => ({ ...ofPersonal(scene), overlap: 'PT1H' }), asPersonal),
    call('regenerateToken', ofService, asSecond),
  ],
  registerEntityType: [
    call(
      'registerEntityType',
      (scene) => ({ ...inWorkspace(scene), name: 'doc', operations: ['READ'] }),
      asOwner,
    ),
  ],
  removeAllTokenScopes: [call('removeAllTokenScopes', ofScoped, asOwner)],
  removeGroupRole: [
    call('removeGroupRole', (scene) => ({ ...inWorkspace(scene), ...groupOf('staff') }), asSecond),
  ],
  removeMember: [
    call('removeMember', (scene) => ({ ...inWorkspace(scene), userId: scene.owner.id }), asOwner),
    call('removeMember', (scene) => ({ ...inWorkspace(scene), userId: scene.second.id }), asSecond),
    call(
      'removeMember',
      (scene) => ({ ...inWorkspace(scene), userId: scene.owner.id, revokeCreated: true }),
      asSecond,
    ),
  ],
  reportLeakedSecrets: [
    call(
      'reportLeakedSecrets',
      ({ personal, service }) => ({ secrets: [personal.secret, service.secret] }),
      () => null,
    ),
  ],
  resetPassword: [
    call(
      'resetPassword',
      ({ resetLink }) => ({ secret: resetLink, newPassword: `link ${PASSWORD}` }),
      () => null,
    ),
  ],
  signInWithLink: [
    call(
      'signInWithLink',
      ({ signInLink }) => ({ secret: signInLink }),
      () => null,
    ),
  ],
  revokeInvitation: [
    call('revokeInvitation', (scene) => ({ ...inWorkspace(scene), id: scene.invitationId }), asOwner),
  ],
  endTokenOverlap: [call('endTokenOverlap', ofPersonal, asOwner)],
  endSubject: [call('endSubject', (scene) => ({ ...inWorkspace(scene), subject: 'customer' }), asSecond)],
  removeTokenScopes: [
    call('removeTokenScopes', (scene) => ({ ...ofScoped(scene), scopeIds: [scene.scopeId] }), asOwner),
  ],
  revokeIssuedBy: [call('revokeIssuedBy', ({ service }) => ({ tokenId: service.id }), asSecond)],
  revokeOtherSessions: [bare('revokeOtherSessions', asOwner)],
  revokeSession: [call('revokeSession', ({ otherSessionId }) => ({ id: otherSessionId }), asOwner)],
  revokeToken: [
    call('revokeToken', ofPersonal, asOwner),
    call('revokeToken', (scene) => ({ ...ofPersonal(scene), takeBack: true }), asOwner),
    call('revokeToken', (scene) => ({ ...ofService(scene), takeBack: true }), asSecond),
  ],
  setGroupRole: [
    call(
      'setGroupRole',
      (scene) => ({ ...inWorkspace(scene), ...groupOf('staff'), role: 'VIEWER' }),
      asSecond,
    ),
    call(
      'setGroupRole',
      (scene) => ({ ...inWorkspace(scene), ...groupOf('engineering'), role: 'ADMINISTRATOR' }),
      asSecond,
    ),
  ],
  shareChannel: [asOwner, asPersonal, asSecond].map((by, index) =>
    call(
      'shareChannel',
      (scene) => ({
        ...ofChannel(scene),
        email: [scene.second, scene.member, scene.owner][index]?.email,
        operations: ['READ'],
      }),
      by,
    ),
  ),
  signIn: [
    call(
      'signIn',
      ({ owner }) => ({ email: owner.email, password: PASSWORD }),
      () => null,
    ),
  ],
  signOut: [bare('signOut', asOwner)],
  unlinkIdentity: [
    call('unlinkIdentity', ({ providerSignIns }) => ({ id: providerSignIns.identityId }), asOwner),
  ],
  unregisterEntityType: [
    call('unregisterEntityType', (scene) => ({ ...inWorkspace(scene), name: 'doc' }), asOwner),
  ],
  unshareChannel: [
    call('unshareChannel', (scene) => ({ ...ofChannel(scene), userId: scene.guest.id }), asSecond),
  ],
  updateChannel: [call('updateChannel', (scene) => ({ ...ofChannel(scene), name: 'renamed' }), asPersonal)],
  updateFederation: [
    call('updateFederation', ({ federationId }) => ({ id: federationId, role: 'OWNER' }), asOwner),
    call('updateFederation', ({ federationId }) => ({ id: federationId, name: 'renamed' }), asSecond),
  ],
  updateMemberRole: [
    call(
      'updateMemberRole',
      (scene) => ({ ...inWorkspace(scene), userId: scene.owner.id, role: 'VIEWER' }),
      asSecond,
    ),
    call(
      'updateMemberRole',
      (scene) => ({ ...inWorkspace(scene), userId: scene.second.id, role: 'VIEWER' }),
      asOwner,
    ),
    call(
      'updateMemberRole',
      (scene) => ({ ...inWorkspace(scene), userId: scene.member.id, role: 'ADMINISTRATOR' }),
      asService,
    ),
  ],
  updateToken: [
    call('updateToken', (scene) => ({ ...ofPersonal(scene), access: 'FULL' }), asOwner),
    call('updateToken', (scene) => ({ ...ofService(scene), role: 'VIEWER' }), asOwner),
  ],
  updateTokenPolicy: [
    call('updateTokenPolicy', (scene) => ({ ...inWorkspace(scene), personalTokens: 'FORBIDDEN' }), asOwner),
  ],
  updateWorkspace: [
    call('updateWorkspace', ({ workspaceId }) => ({ id: workspaceId, name: 'Renamed' }), asOwner),
  ],
};

/** An action of the operator or of the server itself. */
function internal(run: (node: RaceNode, scene: Scene) => Promise<unknown>): Action {
  return async (node, scene) => {
    try {
      await run(node, scene);
      return 'ok';
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      return error.code;
    }
  };
}

const secretsOf = ({ personal, derived, scoped, service, derivedService, federated }: Scene) =>
  [personal, derived, scoped, service, derivedService, federated].map(({ secret }) => digestOf(secret));

/** Applies the cascades, as a server does every few seconds. */
async function applyCascades({ changes }: Services, { db }: DatabaseHandle): Promise<void> {
  const cascades = createCascades({ db, changes, events: createEvents(), logger: createLogger('silent') });
  await cascades.run();
  await cascades.close();
}

/** An action with which a client collects its secret. */
function collect(deviceCode: string): Action {
  return async ({ app }) => {
    const fetch = (request: Request) => fetchFrom(app, request);
    return (await pollDevice({ fetch }, { device_code: deviceCode })).body.error ?? 'ok';
  };
}

/** An action with which a job exchanges its JSON Web Token. */
const exchangeToken: Action = async ({ app }, { subjectToken }) => {
  const fetch = (request: Request) => fetchFrom(app, request);
  return (await exchange({ fetch }, subjectToken)).body.error ?? 'ok';
};

/** What the operator does with commands, and the server by itself. */
export const INTERNAL: Readonly<Record<string, readonly Action[]>> = {
  applyCascades: [internal(({ app, database }) => applyCascades(app.services, database))],
  replaceGroups: [[], ['engineering'], ['staff', 'engineering']].map((groups) =>
    internal(async ({ app, database }, { mapped }) => {
      const identity = await findIdentity(database.db, { provider: 'corp', subject: mapped });
      if (identity) await app.services.groups.replaceGroups(identity, groups, { source: 'claim', at: NOW });
    }),
  ),
  exchangeToken: [exchangeToken],
  collectSecret: [collect(DEVICES.session), collect(DEVICES.token)],
  deactivateUser: [
    internal((node, { owner }) => node.app.services.operator.deactivateUser(owner.email, true)),
  ],
  replacePassword: [
    internal((node, { owner }) =>
      node.app.services.operator.resetPassword(owner.email, `reset ${PASSWORD}`, false),
    ),
  ],
  revokeTokensOf: [internal((node, { owner }) => node.app.services.operator.revokeTokensOf(owner.email))],
  storeSnapshots: [internal((node, scene) => storeTokenSnapshots(node.database.transact, secretsOf(scene)))],
};
