import { isOpenTo, type TokenPolicy } from './policy.ts';
import { policySubjectOf, type TokenAuthority, type TokenPrincipal } from './principal.ts';
import { isAtLeast, type Role } from './roles.ts';
import {
  BUILT_IN_OPERATIONS,
  includesEntity,
  isBuiltIn,
  normaliseOperations,
  type Operation,
  roleForOperation,
  type ScopeRule,
} from './scopes.ts';

/** An operation of an entity type, with the lowest role that is allowed it. */
export interface DeclaredOperation {
  readonly name: Operation;
  readonly role: Role;
}

/** The authority of a token's owner, or of a workspace token's role, in one workspace. */
export interface WorkspaceAccess {
  readonly workspaceId: string;
  /** `null` if the owner is not a member. */
  readonly role: Role | null;
  readonly policy: TokenPolicy;
  /** The channels of the workspace that are shared with the owner. */
  readonly shares: readonly { readonly channelId: string; readonly operations: readonly Operation[] }[];
  /** The entity types that the workspace registered. */
  readonly entityTypes: readonly {
    readonly name: string;
    readonly operations: readonly DeclaredOperation[];
  }[];
}

/** The authority on the owner's tokens that a scope can contain. */
const OWN_TOKENS: ScopeRule = Object.freeze({
  entityType: 'token',
  entityId: null,
  workspaceId: null,
  operations: BUILT_IN_OPERATIONS.token,
});

const withRoles = (operations: readonly Operation[]): DeclaredOperation[] =>
  operations.map((name) => ({ name, role: roleForOperation(name) }));

const BUILT_IN_TYPES = Object.freeze([
  { name: 'workspace', operations: withRoles(BUILT_IN_OPERATIONS.workspace) },
  { name: 'channel', operations: withRoles(BUILT_IN_OPERATIONS.channel) },
]);

function rulesOfRole(role: Role, { workspaceId, entityTypes }: WorkspaceAccess): ScopeRule[] {
  const types = [...BUILT_IN_TYPES, ...entityTypes];
  return types.map(({ name, operations }) => ({
    entityType: name,
    entityId: null,
    workspaceId,
    operations: operations.filter((each) => isAtLeast(role, each.role)).map((each) => each.name),
  }));
}

function rulesOfHolding(holding: WorkspaceAccess): ScopeRule[] {
  const { workspaceId, role, shares } = holding;
  return [
    ...(role === null ? [] : rulesOfRole(role, holding)),
    ...shares.map(({ channelId, operations }) => ({
      entityType: 'channel',
      entityId: channelId,
      workspaceId,
      operations,
    })),
  ];
}

/** Returns a scope with the workspace of its entity if that is known; `null` if the scope has no effect. */
function located(scope: ScopeRule, workspaceOfChannel: ReadonlyMap<string, string>): ScopeRule | null {
  const { entityType, entityId } = scope;
  if (entityId === null) return scope;
  if (entityType === 'workspace') return { ...scope, entityId: null, workspaceId: entityId };
  if (!isBuiltIn(entityType)) return scope;
  // Postern assigns ids at creation, so a scope on one entity never covers a new one.
  const operations = scope.operations.filter((operation) => operation !== 'CREATE');
  if (entityType === 'token') return { ...scope, operations };
  const workspaceId = workspaceOfChannel.get(entityId);
  return workspaceId === undefined ? null : { ...scope, operations, workspaceId };
}

/** Returns the narrower of two limits, which are ids or patterns; `undefined` if they have nothing in common. */
function narrower(a: string | null, b: string | null): string | null | undefined {
  if (a === null || b === null) return a ?? b;
  if (includesEntity(a, b)) return b;
  return includesEntity(b, a) ? a : undefined;
}

/** Returns the intersection of two rules; `null` if it is empty. */
function meet(a: ScopeRule, b: ScopeRule): ScopeRule | null {
  const entityId = narrower(a.entityId, b.entityId);
  const workspaceId = narrower(a.workspaceId, b.workspaceId);
  const operations = a.operations.filter((operation) => b.operations.includes(operation));
  const isNothing = a.entityType !== b.entityType || operations.length === 0;
  if (isNothing || entityId === undefined || workspaceId === undefined) return null;
  return { entityType: a.entityType, entityId, workspaceId, operations };
}

/** Returns the same rules, with one rule per target. */
function merged(rules: readonly ScopeRule[]): ScopeRule[] {
  const byTarget = new Map<string, ScopeRule>();
  for (const rule of rules) {
    const target = JSON.stringify([rule.entityType, rule.entityId, rule.workspaceId]);
    const operations = [...(byTarget.get(target)?.operations ?? []), ...rule.operations];
    byTarget.set(target, { ...rule, operations: normaliseOperations(operations) });
  }
  return [...byTarget.values()];
}

function isSomething(rule: ScopeRule | null): rule is ScopeRule {
  return rule !== null;
}

/**
 * Returns the ids of workspaces outside of which a token has no authority but on its own tokens; `null` if its scopes do not
 * name the workspaces.
 */
export function namedWorkspaces(
  { chain }: TokenPrincipal,
  workspaceOfChannel: ReadonlyMap<string, string>,
): readonly string[] | null {
  for (const { access, scopes } of chain) {
    if (access !== 'SCOPED') continue;
    const named = scopes.filter(({ entityType }) => entityType !== 'token');
    const ids = named.map((scope) => located(scope, workspaceOfChannel)).filter(isSomething);
    if (ids.every(({ workspaceId }) => workspaceId !== null)) {
      return [...new Set(ids.map(({ workspaceId }) => workspaceId as string))];
    }
  }
  return null;
}

function withinLink(
  rules: readonly ScopeRule[],
  link: TokenAuthority,
  workspaceOfChannel: ReadonlyMap<string, string>,
): ScopeRule[] {
  if (link.access === 'NONE') return [];
  // The workspace access already contains the role, which is the lowest of the chain.
  if (link.access !== 'SCOPED') return rules.filter((rule) => rule.entityType !== 'token');
  const scopes = link.scopes.map((scope) => located(scope, workspaceOfChannel)).filter(isSomething);
  return merged(rules.flatMap((rule) => scopes.map((scope) => meet(rule, scope)).filter(isSomething)));
}

/**
 * Returns the current authority of a token as rules that never overstate it: the authority of its owner or role, limited
 * by every link of its chain and by the token policy of each workspace in `holdings`. Each rule names its workspace.
 */
export function effectiveScopes(
  principal: TokenPrincipal,
  holdings: readonly WorkspaceAccess[],
  workspaceOfChannel: ReadonlyMap<string, string>,
  now: number,
): ScopeRule[] {
  const subject = policySubjectOf(principal, now);
  const open = holdings.filter(({ policy }) => subject !== null && isOpenTo(policy, subject));
  const held = [...open.flatMap(rulesOfHolding), OWN_TOKENS].filter((rule) => rule.operations.length > 0);
  return principal.chain.reduce<ScopeRule[]>(
    (rules, link) => withinLink(rules, link, workspaceOfChannel),
    merged(held),
  );
}
