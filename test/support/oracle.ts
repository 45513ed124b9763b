// States the permission model a second time, in plain rules that share no code with the code under test.

/** The roles, lowest first. */
export const RANKS = ['VIEWER', 'TEAM_MEMBER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR', 'OWNER'] as const;
export type Rank = (typeof RANKS)[number];

/** Operations on an entity type, on one entity or on all, in one workspace or in all. Ids are global ids. */
export interface Scope {
  readonly entityType: string;
  readonly operations: readonly string[];
  readonly entityId?: string | undefined;
  /** The beginning of the ids that it includes, and a star. */
  readonly entityPattern?: string | undefined;
  readonly workspaceId?: string | undefined;
}

/** The access of one token of a chain, without its parents. */
export type Access = 'NONE' | 'FULL' | readonly Scope[];

/** The caller. A token's lifetime is in days; `null` if it never expires. */
export type Caller =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: 'session';
      readonly user: string;
      /** Whether the user signed in longer ago than 10 minutes and has not confirmed the password since. */
      readonly stale?: boolean;
      /** Whether it is a JSON Web Token of a provider, which cannot confirm or change a password. */
      readonly isJwt?: boolean;
    }
  | {
      readonly kind: 'personal';
      readonly user: string;
      readonly token: string;
      /** The access of each token, from the token itself to the root of its chain. */
      readonly line: readonly Access[];
      readonly days: number;
    }
  | {
      readonly kind: 'workspace';
      readonly token: string;
      readonly workspace: string;
      readonly role: Rank;
      readonly days: number | null;
      /** The scopes of a SCOPED token, all in its workspace; absent for access ROLE. */
      readonly scopes?: readonly Scope[];
    };

/** A token as an object of operations. */
export interface TokenFacts {
  /** The user id, for a personal token. */
  readonly owner?: string;
  /** The workspace id, for a workspace token. */
  readonly workspace?: string;
  readonly role?: Rank;
  /** The ids of the tokens that it derives from. */
  readonly above: readonly string[];
}

/** A channel, with the operations shared with each user. */
export interface ChannelFacts {
  readonly workspace: string;
  readonly shares: Readonly<Record<string, readonly string[]>>;
}

/** The state of the server, by global ids. `null` if the object does not exist. */
export interface Facts {
  role(user: string, workspace: string): Rank | null;
  policy(workspace: string): { readonly personal: boolean; readonly maxDays: number | null } | null;
  token(id: string): TokenFacts | null;
  channel(id: string): ChannelFacts | null;
}

/** The expected response: the object, `null` without an error, or a refusal. */
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
const REAUTHENTICATION_REQUIRED: Verdict = { code: 'FORBIDDEN', reason: 'REAUTHENTICATION_REQUIRED' };
export const EXCEEDS_CALLER: Verdict = { code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' };

/** The refusal if the role is too low. */
export function roleRequired(role: Rank): Verdict {
  return { code: 'FORBIDDEN', reason: 'ROLE_REQUIRED', required: { role } };
}

function missingScope(operation: string, entityType: string, entityId: string | null): Verdict {
  return { code: 'FORBIDDEN', reason: 'MISSING_SCOPE', required: { operation, entityType, entityId } };
}

/** Whether a role is at least another one. */
export function reaches(role: Rank, wanted: Rank): boolean {
  return RANKS.indexOf(role) >= RANKS.indexOf(wanted);
}

/** The verdict of a lookup: an object that the caller cannot see is `null`, for every reason. */
export function lookedUp(verdict: Verdict): Verdict {
  if (verdict === 'allowed' || verdict === 'nothing') return verdict;
  const hidden =
    verdict.code === 'NOT_FOUND' || verdict.reason === 'POLICY' || verdict.reason === 'ROLE_REQUIRED';
  return hidden ? 'nothing' : verdict;
}

/** Requires that the caller is not a token. */
export function notWithAToken(caller: Caller): Verdict {
  return caller.kind === 'personal' || caller.kind === 'workspace' ? SESSION_REQUIRED : 'allowed';
}

/** Requires a credential. */
export function withACredential(caller: Caller): Verdict {
  return caller.kind === 'anonymous' ? UNAUTHENTICATED : 'allowed';
}

/** Requires a session. */
export function signedIn(caller: Caller): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  return caller.kind === 'session' ? 'allowed' : SESSION_REQUIRED;
}

/** Requires of a session, if the call is otherwise allowed so far, that its user has signed in recently. */
export function recently(caller: Caller, verdict: Verdict): Verdict {
  const isStale = caller.kind === 'session' && caller.stale === true;
  return verdict === 'allowed' && isStale ? REAUTHENTICATION_REQUIRED : verdict;
}

/** The role of a session or a workspace token in a workspace; `null` if it has none, or the workspace does not exist. */
export function roleIn(facts: Facts, caller: Caller, workspace: string): Rank | null {
  if (caller.kind === 'session' || caller.kind === 'personal') return facts.role(caller.user, workspace);
  return caller.kind === 'workspace' && caller.workspace === workspace ? caller.role : null;
}

function closedByPolicy(facts: Facts, caller: Caller, workspace: string): boolean {
  const policy = facts.policy(workspace);
  if (!policy || caller.kind === 'anonymous' || caller.kind === 'session') return false;
  if (caller.kind === 'personal' && !policy.personal) return true;
  return policy.maxDays !== null && (caller.days === null || caller.days > policy.maxDays);
}

/** Whether the caller is a workspace token that has only what its scopes list. */
function isScoped(caller: Caller): boolean {
  return caller.kind === 'workspace' && caller.scopes !== undefined;
}

/** Requires a role, which neither a personal token nor a SCOPED workspace token ever has. */
export function withRole(facts: Facts, caller: Caller, wanted: Rank, workspace: string): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  if (caller.kind === 'personal' || isScoped(caller)) return ROLE_GATED;
  const role = roleIn(facts, caller, workspace);
  if (role === null) return NOT_FOUND;
  if (closedByPolicy(facts, caller, workspace)) return POLICY;
  return reaches(role, wanted) ? 'allowed' : roleRequired(wanted);
}

/** The access of each token of the chain; empty if scopes do not limit the caller. */
function lineOf(caller: Caller): readonly Access[] {
  if (caller.kind === 'personal') return caller.line;
  return caller.kind === 'workspace' && caller.scopes ? [caller.scopes] : [];
}

/** The operations that a workspace declares for a type, with the lowest role of each. */
export type Declared = Readonly<Record<string, Rank>>;

/** Whether a scope includes an entity, character by character. */
function includesEntity({ entityId, entityPattern }: Scope, entity: string): boolean {
  if (entityPattern !== undefined) {
    const begin = [...entityPattern].slice(0, -1);
    const characters = [...entity];
    return characters.length > begin.length && begin.every((each, index) => each === characters[index]);
  }
  return entityId === undefined || entityId === entity;
}

/** Whether a scope includes every entity of its type. */
function includesAll({ entityId, entityPattern }: Scope): boolean {
  return entityId === undefined && entityPattern === undefined;
}

/** For each token of the chain, the scopes that list an operation on a type; `null` if scopes do not limit the token. */
function boundsOf(caller: Caller, operation: string, entityType: string): (readonly Scope[] | null)[] {
  return lineOf(caller).map((access) => {
    if (access === 'NONE') return [];
    if (access === 'FULL') return entityType === 'token' ? [] : null;
    return access.filter((scope) => scope.entityType === entityType && scope.operations.includes(operation));
  });
}

/** Whether each token of the chain has a scope for an operation on an entity, or without an id on any entity of the type. */
export function hasScope(
  caller: Caller,
  operation: string,
  entityType: string,
  entity: string | null,
): boolean {
  return boundsOf(caller, operation, entityType).every(
    (scopes) => scopes === null || scopes.some((scope) => entity === null || includesEntity(scope, entity)),
  );
}

/** Whether each token of the chain has a scope that matches the entity and its workspace. */
function scopeReaches(
  caller: Caller,
  operation: string,
  entityType: string,
  entity: string,
  workspace: string,
): boolean {
  return boundsOf(caller, operation, entityType).every(
    (scopes) =>
      scopes === null ||
      scopes.some(
        (scope) =>
          includesEntity(scope, entity) &&
          (scope.workspaceId === undefined || scope.workspaceId === workspace),
      ),
  );
}

/** An operation on a workspace. Every member can read and list it. */
export function onWorkspace(
  facts: Facts,
  caller: Caller,
  operation: 'READ' | 'LIST',
  workspace: string,
): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  if (!hasScope(caller, operation, 'workspace', workspace))
    return missingScope(operation, 'workspace', workspace);
  if (roleIn(facts, caller, workspace) === null) return NOT_FOUND;
  if (!scopeReaches(caller, operation, 'workspace', workspace, workspace)) return NOT_FOUND;
  return closedByPolicy(facts, caller, workspace) ? POLICY : 'allowed';
}

/** Listing workspaces. */
export function amongWorkspaces(caller: Caller): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  return hasScope(caller, 'LIST', 'workspace', null) ? 'allowed' : missingScope('LIST', 'workspace', null);
}

/** Creating or listing the caller's own personal tokens. */
export function amongOwnTokens(caller: Caller, operation: 'CREATE' | 'LIST'): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  if (caller.kind === 'workspace') return SESSION_REQUIRED;
  if (caller.kind === 'session') return 'allowed';
  const able = boundsOf(caller, operation, 'token').every((scopes) =>
    scopes?.some(({ entityId }) => operation === 'LIST' || entityId === undefined),
  );
  return able ? 'allowed' : missingScope(operation, 'token', null);
}

/** An operation on a token. On a workspace token it requires a role. If the operation gives authority, a token can do it only to itself and its descendants. */
export function onToken(
  facts: Facts,
  caller: Caller,
  operation: string,
  id: string,
  role: Rank,
  gives = false,
): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  if (isScoped(caller)) return ROLE_GATED;
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
  if (gives && !isBelow) return EXCEEDS_CALLER;
  return gives && reaches(token.role as Rank, 'ADMINISTRATOR') ? recently(caller, 'allowed') : 'allowed';
}

/** The lowest role of members for an operation on a channel. */
function rankFor(operation: string): Rank {
  return ['READ', 'LIST', 'SUBSCRIBE'].includes(operation) ? 'VIEWER' : 'TEAM_MEMBER';
}

/** An operation on a channel, by role or by share. */
export function onChannel(facts: Facts, caller: Caller, operation: string, id: string): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
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

/** Creating channels in a workspace. `guest` is whether a channel there is shared with the caller. */
export function newChannel(facts: Facts, caller: Caller, workspace: string, guest: boolean): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  if (!amongScopes(caller, 'CREATE', workspace)) return missingScope('CREATE', 'channel', null);
  const role = roleIn(facts, caller, workspace);
  if (role === null && !guest) return NOT_FOUND;
  if (closedByPolicy(facts, caller, workspace)) return POLICY;
  return role !== null && reaches(role, 'TEAM_MEMBER') ? 'allowed' : roleRequired('TEAM_MEMBER');
}

/** Listing channels, of one workspace or of all. The list omits channels that the caller cannot list. */
export function amongChannels(caller: Caller, workspace: string | null): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  return amongScopes(caller, 'LIST', workspace) ? 'allowed' : missingScope('LIST', 'channel', null);
}

/** Whether each token of the chain has a scope for channels of a workspace; to create one, the scope must include all of them. */
function amongScopes(caller: Caller, operation: string, workspace: string | null): boolean {
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
  registered: ReadonlyMap<string, Declared>,
): Verdict {
  if (caller.kind === 'anonymous') return UNAUTHENTICATED;
  if (!scopeReaches(caller, operation, entityType, entity, workspace)) {
    return missingScope(operation, entityType, entity);
  }
  const role = roleIn(facts, caller, workspace);
  const wanted = registered.get(workspace)?.[operation];
  if (role === null || wanted === undefined) return NOT_FOUND;
  if (closedByPolicy(facts, caller, workspace)) return POLICY;
  return reaches(role, wanted) ? 'allowed' : roleRequired(wanted);
}

/** A check of a type: of any or every entity of it, in one workspace or in all of the caller's. */
export interface TypeQuestion {
  readonly operation: string;
  readonly entityType: 'workspace' | 'channel' | 'invoice';
  readonly every: boolean;
  readonly workspace: string | null;
}

/** The state that a check of a type depends on. */
export interface Places {
  readonly facts: Facts;
  readonly workspaces: readonly string[];
  readonly channels: readonly string[];
  /** The operations of the type `invoice`, by workspace. */
  readonly registered: ReadonlyMap<string, Declared>;
}

/** Whether each token of the chain has a scope on the whole type, in the workspace if one is given. */
function hasWholeScope(
  caller: Caller,
  { operation, entityType }: TypeQuestion,
  place: string | null,
): boolean {
  return boundsOf(caller, operation, entityType).every(
    (scopes) =>
      scopes === null ||
      scopes.some(
        (scope) =>
          includesAll(scope) &&
          (scope.workspaceId === undefined ||
            scope.workspaceId === (place ?? (caller.kind === 'workspace' ? caller.workspace : null))),
      ),
  );
}

/** Whether a caller has an operation on all entities of a type in a workspace, by role. */
function hasRoleFor(
  { facts, registered }: Places,
  caller: Caller,
  question: TypeQuestion,
  place: string,
): boolean {
  const { operation, entityType } = question;
  const role = roleIn(facts, caller, place);
  const wanted = entityType === 'invoice' ? registered.get(place)?.[operation] : rankFor(operation);
  return (
    role !== null && wanted !== undefined && reaches(role, wanted) && !closedByPolicy(facts, caller, place)
  );
}

/** Whether a caller can do an operation on every entity of a type: no scope is limited to single entities or to other workspaces. */
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

/** Whether a caller can do an operation on some entity of a built-in type, or create one in some workspace. */
function mayOnAny(places: Places, caller: Caller, question: TypeQuestion): boolean {
  const { facts, workspaces, channels } = places;
  const { operation, entityType, workspace } = question;
  const asked = workspace === null ? workspaces : [workspace];
  if (entityType === 'workspace') {
    // A caller without a workspace can list workspaces too.
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

/** The expected decision on a check of a type. */
export function mayOnType(places: Places, caller: Caller, question: TypeQuestion): boolean {
  if (question.every && question.operation !== 'CREATE') return mayOnEvery(places, caller, question);
  return mayOnAny(places, caller, question);
}
