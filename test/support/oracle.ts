// Who may do what, said once more: as plainly as the permission model reads, and without a line of the code under test.

/** The roles, lowest first. */
export const RANKS = ['VIEWER', 'TEAM_MEMBER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR', 'OWNER'] as const;
export type Rank = (typeof RANKS)[number];

/** Operations on an entity type, on one entity or on all, in one workspace or in all. Ids are global ids. */
export interface Scope {
  readonly entityType: string;
  readonly operations: readonly string[];
  readonly entityId?: string | undefined;
  readonly workspaceId?: string | undefined;
}

/** What one token of a line may do by itself. */
export type Access = 'NONE' | 'FULL' | readonly Scope[];

/** Who calls; a token's lifetime is in days, `null` for ever. */
export type Caller =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'session'; readonly user: string }
  | {
      readonly kind: 'personal';
      readonly user: string;
      readonly token: string;
      /** From the token itself up to the one that it was first derived from. */
      readonly line: readonly Access[];
      readonly days: number;
    }
  | {
      readonly kind: 'workspace';
      readonly token: string;
      readonly workspace: string;
      readonly role: Rank;
      readonly days: number | null;
    };

/** A token as something to act on. */
export interface TokenFacts {
  /** Of a personal token. */
  readonly owner?: string;
  /** Of a workspace token. */
  readonly workspace?: string;
  readonly role?: Rank;
  /** The tokens that it derives from. */
  readonly above: readonly string[];
}

/** A channel, and what it is shared for with whom, by user. */
export interface ChannelFacts {
  readonly workspace: string;
  readonly shares: Readonly<Record<string, readonly string[]>>;
}

/** How things stand; every question is asked by global ids, and answered with `null` for what there is not. */
export interface Facts {
  role(user: string, workspace: string): Rank | null;
  policy(workspace: string): { readonly personal: boolean; readonly maxDays: number | null } | null;
  token(id: string): TokenFacts | null;
  channel(id: string): ChannelFacts | null;
}

/** What a caller must be answered: the thing itself, `null` without an error, or a refusal. */
export type Verdict = 'allowed' | 'nothing' | Refusal;

export interface Refusal {
  readonly code: string;
  readonly reason?: string;
  readonly required?: Readonly<Record<string, string | null>>;
}

export const UNAUTHENTICATED: Verdict = { code: 'UNAUTHENTICATED' };
export const NOT_FOUND: Verdict = { code: 'NOT_FOUND' };
const ROLE_GATED: Verdict = { code: 'FORBIDDEN', reason: 'ROLE_GATED' };
const SESSION_REQUIRED: Verdict = { code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' };
const POLICY: Verdict = { code: 'FORBIDDEN', reason: 'POLICY' };
export const EXCEEDS_CALLER: Verdict = { code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' };

/** The refusal of a role that is too low. */
export function roleRequired(role: Rank): Verdict {
  return { code: 'FORBIDDEN', reason: 'ROLE_REQUIRED', required: { role } };
}

function missingScope(operation: string, entityType: string, entityId: string | null): Verdict {
  return { code: 'FORBIDDEN', reason: 'MISSING_SCOPE', required: { operation, entityType, entityId } };
}

/** Whether a role is another one, or above it. */
export function reaches(role: Rank, wanted: Rank): boolean {
  return RANKS.indexOf(role) >= RANKS.indexOf(wanted);
}

/** For a look-up: what the caller may not see is `null`, whether it is absent, closed to it or just not readable. */
export function lookedUp(verdict: Verdict): Verdict {
  if (verdict === 'allowed' || verdict === 'nothing') return verdict;
  const hidden =
    verdict.code === 'NOT_FOUND' || verdict.reason === 'POLICY' || verdict.reason === 'ROLE_REQUIRED';
  return hidden ? 'nothing' : verdict;
}

/** Anyone but a token. */
export function notWithAToken(caller: Caller): Verdict {
  return caller.kind === 'personal' || caller.kind === 'workspace' ? SESSION_REQUIRED : 'allowed';
}

/** Any credential. */
export function withACredential(caller: Caller): Verdict {
  return caller.kind === 'nobody' ? UNAUTHENTICATED : 'allowed';
}

/** A signed-in person. */
export function signedIn(caller: Caller): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  return caller.kind === 'session' ? 'allowed' : SESSION_REQUIRED;
}

/** The role that a session or a workspace token has in a workspace; `null` for none, or no such workspace. */
export function roleIn(facts: Facts, caller: Caller, workspace: string): Rank | null {
  if (caller.kind === 'session' || caller.kind === 'personal') return facts.role(caller.user, workspace);
  return caller.kind === 'workspace' && caller.workspace === workspace ? caller.role : null;
}

function closedByPolicy(facts: Facts, caller: Caller, workspace: string): boolean {
  const policy = facts.policy(workspace);
  if (!policy || caller.kind === 'nobody' || caller.kind === 'session') return false;
  if (caller.kind === 'personal' && !policy.personal) return true;
  return policy.maxDays !== null && (caller.days === null || caller.days > policy.maxDays);
}

/** What needs a role, which a personal token never has. */
export function withRole(facts: Facts, caller: Caller, wanted: Rank, workspace: string): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  if (caller.kind === 'personal') return ROLE_GATED;
  const role = roleIn(facts, caller, workspace);
  if (role === null) return NOT_FOUND;
  if (closedByPolicy(facts, caller, workspace)) return POLICY;
  return reaches(role, wanted) ? 'allowed' : roleRequired(wanted);
}

/** The scopes of each link that list an operation on a type; `null` for a link that is not bound to scopes. */
function boundsOf(
  caller: Caller & { kind: 'personal' },
  operation: string,
  entityType: string,
): (readonly Scope[] | null)[] {
  return caller.line.map((access) => {
    if (access === 'NONE') return [];
    if (access === 'FULL') return entityType === 'token' ? [] : null;
    return access.filter((scope) => scope.entityType === entityType && scope.operations.includes(operation));
  });
}

/** Whether each link has a scope for an operation on an entity, on any of its type where none is named. */
export function hasScope(
  caller: Caller,
  operation: string,
  entityType: string,
  entity: string | null,
): boolean {
  if (caller.kind !== 'personal') return true;
  return boundsOf(caller, operation, entityType).every(
    (scopes) =>
      scopes === null ||
      scopes.some(({ entityId }) => entity === null || entityId === undefined || entityId === entity),
  );
}

/** Whether each link has a scope that reaches exactly there. */
function scopeReaches(
  caller: Caller,
  operation: string,
  entityType: string,
  entity: string,
  workspace: string,
): boolean {
  if (caller.kind !== 'personal') return true;
  return boundsOf(caller, operation, entityType).every(
    (scopes) =>
      scopes === null ||
      scopes.some(
        ({ entityId = entity, workspaceId = workspace }) => entityId === entity && workspaceId === workspace,
      ),
  );
}

/** An operation on a workspace, which every member may read and list. */
export function onWorkspace(
  facts: Facts,
  caller: Caller,
  operation: 'READ' | 'LIST',
  workspace: string,
): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  if (!hasScope(caller, operation, 'workspace', workspace))
    return missingScope(operation, 'workspace', workspace);
  if (roleIn(facts, caller, workspace) === null) return NOT_FOUND;
  if (!scopeReaches(caller, operation, 'workspace', workspace, workspace)) return NOT_FOUND;
  return closedByPolicy(facts, caller, workspace) ? POLICY : 'allowed';
}

/** Listing workspaces, whichever they are. */
export function amongWorkspaces(caller: Caller): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  return hasScope(caller, 'LIST', 'workspace', null) ? 'allowed' : missingScope('LIST', 'workspace', null);
}

/** Creating or listing the caller's own personal tokens. */
export function amongOwnTokens(caller: Caller, operation: 'CREATE' | 'LIST'): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  if (caller.kind === 'workspace') return SESSION_REQUIRED;
  if (caller.kind === 'session') return 'allowed';
  const able = boundsOf(caller, operation, 'token').every((scopes) =>
    scopes?.some(({ entityId }) => operation === 'LIST' || entityId === undefined),
  );
  return able ? 'allowed' : missingScope(operation, 'token', null);
}

/** An operation on a token; on one of a workspace it takes a role. What gives authority, a token may do only below itself. */
export function onToken(
  facts: Facts,
  caller: Caller,
  operation: string,
  id: string,
  role: Rank,
  gives = false,
): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  if (!hasScope(caller, operation, 'token', id)) return missingScope(operation, 'token', id);
  const token = facts.token(id);
  if (!token) return NOT_FOUND;
  if (caller.kind === 'personal') {
    return id === caller.token || token.above.includes(caller.token) ? 'allowed' : NOT_FOUND;
  }
  if (token.workspace === undefined) {
    return caller.kind === 'session' && token.owner === caller.user ? 'allowed' : NOT_FOUND;
  }
  const verdict = withRole(facts, caller, role, token.workspace);
  if (verdict !== 'allowed' || operation === 'READ') return verdict;
  const own = roleIn(facts, caller, token.workspace) as Rank;
  if (!reaches(own, token.role as Rank)) return roleRequired(token.role as Rank);
  const isBelow = caller.kind !== 'workspace' || id === caller.token || token.above.includes(caller.token);
  return gives && !isBelow ? EXCEEDS_CALLER : 'allowed';
}

/** What an operation on a channel takes of a member. */
function rankFor(operation: string): Rank {
  return ['READ', 'LIST', 'SUBSCRIBE'].includes(operation) ? 'VIEWER' : 'TEAM_MEMBER';
}

/** An operation on a channel, by role or by share. */
export function onChannel(facts: Facts, caller: Caller, operation: string, id: string): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  if (!hasScope(caller, operation, 'channel', id)) return missingScope(operation, 'channel', id);
  const channel = facts.channel(id);
  if (!channel) return NOT_FOUND;
  const role = roleIn(facts, caller, channel.workspace);
  const share = 'user' in caller ? channel.shares[caller.user] : undefined;
  if (role === null && !share) return NOT_FOUND;
  if (!scopeReaches(caller, operation, 'channel', id, channel.workspace)) return NOT_FOUND;
  if (closedByPolicy(facts, caller, channel.workspace)) return POLICY;
  if (share?.includes(operation)) return 'allowed';
  return role !== null && reaches(role, rankFor(operation)) ? 'allowed' : roleRequired(rankFor(operation));
}

/** Creating channels in a workspace. `guest` tells whether a channel there is shared with the caller. */
export function newChannel(facts: Facts, caller: Caller, workspace: string, guest: boolean): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  if (!amongScopes(caller, 'CREATE', workspace)) return missingScope('CREATE', 'channel', null);
  const role = roleIn(facts, caller, workspace);
  if (role === null && !guest) return NOT_FOUND;
  if (closedByPolicy(facts, caller, workspace)) return POLICY;
  return role !== null && reaches(role, 'TEAM_MEMBER') ? 'allowed' : roleRequired('TEAM_MEMBER');
}

/** Listing channels, of one workspace or of all. What is not for the caller is left out. */
export function amongChannels(caller: Caller, workspace: string | null): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  return amongScopes(caller, 'LIST', workspace) ? 'allowed' : missingScope('LIST', 'channel', null);
}

/** Whether each link has a scope for channels of a workspace at large; to create takes one for all of them. */
function amongScopes(caller: Caller, operation: string, workspace: string | null): boolean {
  if (caller.kind !== 'personal') return true;
  return boundsOf(caller, operation, 'channel').every(
    (scopes) =>
      scopes === null ||
      scopes.some(
        ({ entityId, workspaceId }) =>
          (operation !== 'CREATE' || entityId === undefined) &&
          (workspace === null || workspaceId === undefined || workspaceId === workspace),
      ),
  );
}

/** An operation on an entity of a registered type in a workspace. */
export function onRegistered(
  facts: Facts,
  caller: Caller,
  operation: string,
  entityType: string,
  entity: string,
  workspace: string,
  registered: ReadonlyMap<string, readonly string[]>,
): Verdict {
  if (caller.kind === 'nobody') return UNAUTHENTICATED;
  if (!scopeReaches(caller, operation, entityType, entity, workspace)) {
    return missingScope(operation, entityType, entity);
  }
  const role = roleIn(facts, caller, workspace);
  if (role === null || !registered.get(workspace)?.includes(operation)) return NOT_FOUND;
  if (closedByPolicy(facts, caller, workspace)) return POLICY;
  return reaches(role, rankFor(operation)) ? 'allowed' : roleRequired(rankFor(operation));
}

/** A question about a type: about any or every entity of it, in one workspace or wherever the caller is. */
export interface TypeQuestion {
  readonly operation: string;
  readonly entityType: 'workspace' | 'channel' | 'invoice';
  readonly every: boolean;
  readonly workspace: string | null;
}

/** All that a question about a type looks at. */
export interface Places {
  readonly facts: Facts;
  readonly workspaces: readonly string[];
  readonly channels: readonly string[];
  /** The operations of the type `invoice`, by workspace. */
  readonly registered: ReadonlyMap<string, readonly string[]>;
}

/** Whether each link has a scope on the whole type; with a workspace, one that holds there. */
function hasWholeScope(
  caller: Caller,
  { operation, entityType }: TypeQuestion,
  place: string | null,
): boolean {
  if (caller.kind !== 'personal') return true;
  return boundsOf(caller, operation, entityType).every(
    (scopes) =>
      scopes === null ||
      scopes.some(
        ({ entityId, workspaceId }) =>
          entityId === undefined && (workspaceId === undefined || workspaceId === place),
      ),
  );
}

/** Whether a caller has, by role, an operation on all of a type in a workspace. */
function hasRoleFor(
  { facts, registered }: Places,
  caller: Caller,
  question: TypeQuestion,
  place: string,
): boolean {
  const { operation, entityType } = question;
  const role = roleIn(facts, caller, place);
  const isKnown = entityType !== 'invoice' || registered.get(place)?.includes(operation) === true;
  return (
    role !== null && isKnown && reaches(role, rankFor(operation)) && !closedByPolicy(facts, caller, place)
  );
}

/** Whether a caller may do an operation on every entity of a type: no scope names single ones or workspaces beside the one asked about. */
function mayOnEvery(places: Places, caller: Caller, question: TypeQuestion): boolean {
  const { workspace } = question;
  if (question.entityType === 'workspace' && workspace !== null) {
    return onWorkspace(places.facts, caller, question.operation as 'READ', workspace) === 'allowed';
  }
  const asked = workspace === null ? places.workspaces : [workspace];
  return (
    hasWholeScope(caller, question, workspace) &&
    asked.some((place) => hasRoleFor(places, caller, question, place))
  );
}

/** Whether there is an entity of a built-in type that a caller may do an operation on, or a workspace for new ones. */
function mayOnAny(places: Places, caller: Caller, question: TypeQuestion): boolean {
  const { facts, workspaces, channels } = places;
  const { operation, entityType, workspace } = question;
  const asked = workspace === null ? workspaces : [workspace];
  if (entityType === 'workspace') {
    // The list of workspaces may be asked for by whoever is in none.
    if (workspace === null && operation === 'LIST') return amongWorkspaces(caller) === 'allowed';
    return asked.some((each) => onWorkspace(facts, caller, operation as 'READ', each) === 'allowed');
  }
  if (workspace === null && operation === 'LIST') return amongChannels(caller, null) === 'allowed';
  const reached = channels.filter((id) => asked.includes(facts.channel(id)?.workspace as string));
  return (
    (operation !== 'CREATE' && reached.some((id) => onChannel(facts, caller, operation, id) === 'allowed')) ||
    asked.some(
      (place) => hasWholeScope(caller, question, place) && hasRoleFor(places, caller, question, place),
    )
  );
}

/** Whether a caller may, as a question about a type asks. */
export function mayOnType(places: Places, caller: Caller, question: TypeQuestion): boolean {
  if (question.every && question.operation !== 'CREATE') return mayOnEvery(places, caller, question);
  return mayOnAny(places, caller, question);
}
