import type { Identity } from '../../domain/accounts/identity-provider.ts';
import type { AccessRequest } from '../../domain/authority.ts';
import type { Operation } from '../../domain/scopes.ts';
import type { Lock } from '../../storage/locks.ts';
import type { Caller } from '../access/caller.ts';

export type { Lock };

/*
 * The promises that the locks keep
 *
 * On PostgreSQL, transactions run READ COMMITTED and concurrently. What a transaction reads to decide, it has locked, so
 * nothing changes between the decision and the commit. All locks are taken before the first read and in one order
 * (`src/storage/locks.ts`), so transactions never deadlock. On SQLite, they run one after the other without locks.
 *
 * - A user, exclusively: the sessions, the password and the personal tokens of a user change one at a time. The limits of a
 *   user hold, no token or session outlives a concurrent call that ends all of them, and one of many concurrent
 *   regenerations leaves its secret. One server at a time applies a chunk of a cascade to a user or workspace.
 * - A user, shared: the caller keeps the credential and the account until the change is stored. A stored snapshot equals
 *   its sources.
 * - A workspace, exclusively: its members, roles, invitations, shares, policy, entity types, channels, tokens and federations
 *   change one at a time. A federation that has changed gives no token by its old rules. An Owner remains, the limits of a
 *   workspace hold, an invitation is accepted once, and a caller that has lost a role gives nothing by it.
 * - A workspace, shared: messages are published concurrently, but none after the end of the channel, the role or the share.
 *   The row of the channel orders them.
 * - The user or workspace of a granter, and the workspace of a recipient: the end of many shares or invitations concerns exactly
 *   what was given before it, although their rows follow in chunks. A chunk also locks the workspaces of its rows.
 * - An email address, a person at a provider, or a slug: two calls do not create or link the same account or slug.
 * - What directories change by SCIM: the requests of directories change people and groups one at a time. A name has one group,
 *   no person joins a group that another request deletes, and the alarm counts every deactivation.
 * - The roles of a provider's groups: while the role of a group changes, exclusively, no groups of a person at the provider do,
 *   which is shared. So no role remains of a group that either change takes away.
 * - `sharesOfToken`, `grantsOfUser`: what a token or user gave in other workspaces is deleted with it, without a deadlock
 *   with changes there.
 * - Everything: leak reports, operator commands and pruning touch what they have yet to find.
 *
 * A share is decided by its granters, who can be users of other workspaces. These are not locked: the share counts or not at
 * the instant of the decision, as if the call had come just before or after a loss of the granter, and nothing that the call
 * stores contains that authority.
 */

/** Excludes every other change, for work that touches what it has yet to find. */
export const EVERYTHING: readonly Lock[] = [{ on: 'everything' }];

/**
 * Returns the locks under which a person at a provider is linked or gets an account: the person, and the address that they
 * would have. The user of a person who is linked already is another lock.
 */
export function locksToLink(
  { provider, subject }: Pick<Identity, 'provider' | 'subject'>,
  email: string | null,
): Lock[] {
  const person: Lock = { on: 'identity', id: `${provider} ${subject}` };
  return email === null ? [person] : [person, { on: 'email', id: email }];
}

/** Operations that store something without depending on the order of other changes in the workspace. */
const CONCURRENT: readonly Operation[] = ['PUBLISH'];

/** Returns whether a request is about the caller's own account, sessions or tokens. */
function isPersonal(request: AccessRequest): boolean {
  return request.kind === 'session' || (request.kind === 'token' && request.tokenId === undefined);
}

function targetLocks(request: AccessRequest): Lock[] {
  switch (request.kind) {
    case 'role':
      return [{ on: 'workspace', id: request.workspaceId }];
    case 'federation': {
      const { workspaceId, federationId } = request;
      if (workspaceId !== undefined) return [{ on: 'workspace', id: workspaceId }];
      return federationId === undefined ? [] : [{ on: 'workspaceOfFederation', federationId }];
    }
    case 'token':
      return request.tokenId === undefined ? [] : [{ on: 'holderOf', tokenId: request.tokenId }];
    case 'entity': {
      const { entityType, entityId, workspaceId, operation } = request;
      const shared = CONCURRENT.includes(operation);
      if (entityType === 'channel' && entityId !== undefined) {
        return [{ on: 'workspaceOf', channelId: entityId, shared }];
      }
      const id = workspaceId ?? entityId;
      return id === undefined ? [] : [{ on: 'workspace', id, shared }];
    }
    default:
      return [];
  }
}

/**
 * Returns the locks of a change that a caller makes by a request: what the request is authorized on, and the caller's own
 * user or workspace. A change that touches more passes further locks to `UnitOfWorkRunner.run`.
 */
export function locksOf({ holder }: Pick<Caller, 'holder'>, request: AccessRequest): Lock[] {
  const target = targetLocks(request);
  return holder === null ? target : [{ ...holder, shared: !isPersonal(request) }, ...target];
}
