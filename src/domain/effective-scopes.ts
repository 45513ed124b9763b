import { isOpenTo, type TokenPolicy } from './policy.ts';
import { policySubjectOf, type TokenAuthority, type TokenPrincipal } from './principal.ts';
import { isAtLeast, type Role } from './roles.ts';
import {
  BUILT_IN_OPERATIONS,
  isBuiltIn,
  normaliseOperations,
  type Operation,
  roleForOperation,
  type ScopeRule,
} from './scopes.ts';

/** What the holder of a token, its owner or its role, has in one workspace. */
export interface WorkspaceAccess {
  readonly workspaceId: string;
  /** `null` for who is no member. */
  readonly role: Role | null;
  readonly policy: TokenPolicy;
  /** The channels there that are shared with the holder. */
  readonly shares: readonly { readonly channelId: string; readonly operations: readonly Operation[] }[];
  /** The entity types that the workspace registered. */
  readonly entityTypes: readonly { readonly name: string; readonly operations: readonly Operation[] }[];
}

/** The management of own tokens, as far as a scope can reach. */
const OWN_TOKENS: ScopeRule = Object.freeze({
  entityType: 'token',
  entityId: null,
  workspaceId: null,
  operations: BUILT_IN_OPERATIONS.token,
});

function rulesOfRole(role: Role, { workspaceId, entityTypes }: WorkspaceAccess): ScopeRule[] {
  const types = [
    { name: 'workspace', operations: BUILT_IN_OPERATIONS.workspace },
    { name: 'channel', operations: BUILT_IN_OPERATIONS.channel },
    ...entityTypes,
  ];
  return types.map(({ name, operations }) => ({
    entityType: name,
    entityId: null,
    workspaceId,
    operations: operations.filter((operation) => isAtLeast(role, roleForOperation(operation))),
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

/** A scope with the workspace that its entity lies in, where that is known; `null` where it reaches nothing. */
function located(scope: ScopeRule, workspaceOfChannel: ReadonlyMap<string, string>): ScopeRule | null {
  const { entityType, entityId } = scope;
  if (entityId === null) return scope;
  if (entityType === 'workspace') return { ...scope, entityId: null, workspaceId: entityId };
  if (!isBuiltIn(entityType)) return scope;
  // What is made in Postern has no id before: a scope on one entity does not reach it.
  const operations = scope.operations.filter((operation) => operation !== 'CREATE');
  if (entityType === 'token') return { ...scope, operations };
  const workspaceId = workspaceOfChannel.get(entityId);
  return workspaceId === undefined ? null : { ...scope, operations, workspaceId };
}

/** The narrower of two limits; `undefined` where nothing is within both. */
function narrower(a: string | null, b: string | null): string | null | undefined {
  if (a === null || b === null) return a ?? b;
  return a === b ? a : undefined;
}

/** What two rules both give; `null` where that is nothing. */
function meet(a: ScopeRule, b: ScopeRule): ScopeRule | null {
  const entityId = narrower(a.entityId, b.entityId);
  const workspaceId = narrower(a.workspaceId, b.workspaceId);
  const operations = a.operations.filter((operation) => b.operations.includes(operation));
  const isNothing = a.entityType !== b.entityType || operations.length === 0;
  if (isNothing || entityId === undefined || workspaceId === undefined) return null;
  return { entityType: a.entityType, entityId, workspaceId, operations };
}

/** The same rules, with all that is said of one target in one rule. */
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

function withinLink(
  rules: readonly ScopeRule[],
  link: TokenAuthority,
  workspaceOfChannel: ReadonlyMap<string, string>,
): ScopeRule[] {
  if (link.access === 'NONE') return [];
  // A role is part of the holding already: it is the lowest of the chain.
  if (link.access !== 'SCOPED') return rules.filter((rule) => rule.entityType !== 'token');
  const scopes = link.scopes.map((scope) => located(scope, workspaceOfChannel)).filter(isSomething);
  return merged(rules.flatMap((rule) => scopes.map((scope) => meet(rule, scope)).filter(isSomething)));
}

/**
 * What a token may do now, as rules that overstate nothing: what its holder has, as far as every link of its chain gives
 * it and the policy of each workspace is open to it. `holdings` says where to look; each rule names its workspace.
 */
export function effectiveScopes(
  principal: TokenPrincipal,
  holdings: readonly WorkspaceAccess[],
  workspaceOfChannel: ReadonlyMap<string, string>,
): ScopeRule[] {
  const subject = policySubjectOf(principal);
  const open = holdings.filter(({ policy }) => subject !== null && isOpenTo(policy, subject));
  const held = [...open.flatMap(rulesOfHolding), OWN_TOKENS].filter((rule) => rule.operations.length > 0);
  return principal.chain.reduce<ScopeRule[]>(
    (rules, link) => withinLink(rules, link, workspaceOfChannel),
    merged(held),
  );
}
