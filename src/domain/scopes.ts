import type { Role } from './roles.ts';

/** The operations that a scope can list. */
export const OPERATIONS = [
  'CREATE',
  'READ',
  'LIST',
  'UPDATE',
  'DELETE',
  'SHARE',
  'UNSHARE',
  'PUBLISH',
  'SUBSCRIBE',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** The built-in entity types and the operations that each one has. */
export const BUILT_IN_OPERATIONS: Readonly<Record<BuiltInEntityType, readonly Operation[]>> = Object.freeze({
  workspace: ['READ', 'LIST'],
  channel: OPERATIONS,
  token: ['CREATE', 'READ', 'LIST', 'UPDATE', 'DELETE'],
});

export type BuiltInEntityType = 'workspace' | 'channel' | 'token';

/** Returns whether a slug names a built-in entity type. */
export function isBuiltIn(entityType: string): entityType is BuiltInEntityType {
  return Object.hasOwn(BUILT_IN_OPERATIONS, entityType);
}

/** The rule of a scope: operations on one entity of a type or all, in one workspace or all. */
export interface ScopeRule {
  readonly entityType: string;
  /** `null` covers every entity of the type. */
  readonly entityId: string | null;
  /** `null` covers every workspace of the owner. */
  readonly workspaceId: string | null;
  readonly operations: readonly Operation[];
}

/** A stored scope of a token. */
export interface TokenScope extends ScopeRule {
  readonly id: string;
}

/** Returns operations in the order of `OPERATIONS`, each once. */
export function normaliseOperations(operations: readonly Operation[]): Operation[] {
  return OPERATIONS.filter((operation) => operations.includes(operation));
}

/** Returns whether a scope contains an operation on a type, on any entity. */
export function concerns(scope: ScopeRule, operation: Operation, entityType: string): boolean {
  return scope.entityType === entityType && scope.operations.includes(operation);
}

function sameOperations(a: readonly Operation[], b: readonly Operation[]): boolean {
  return a.every((operation) => b.includes(operation)) && b.every((operation) => a.includes(operation));
}

/** Returns whether two scopes have the same rule. */
export function sameRule(a: ScopeRule, b: ScopeRule): boolean {
  return (
    a.entityType === b.entityType &&
    a.entityId === b.entityId &&
    a.workspaceId === b.workspaceId &&
    sameOperations(a.operations, b.operations)
  );
}

/** Returns the rules without duplicates. */
export function withoutDuplicates(rules: readonly ScopeRule[]): ScopeRule[] {
  return rules.filter((rule, index) => rules.findIndex((other) => sameRule(rule, other)) === index);
}

/** Returns whether the scopes together cover a rule: each operation, on the same or more entities. */
export function includesRule(scopes: readonly ScopeRule[], rule: ScopeRule): boolean {
  return rule.operations.every((operation) =>
    scopes.some(
      (scope) =>
        concerns(scope, operation, rule.entityType) &&
        (scope.entityId === null || scope.entityId === rule.entityId) &&
        (scope.workspaceId === null || scope.workspaceId === rule.workspaceId),
    ),
  );
}

/** Returns the role that a member needs for an operation on a channel, a workspace or a registered entity. */
export function roleForOperation(operation: Operation): Role {
  return operation === 'READ' || operation === 'LIST' || operation === 'SUBSCRIBE' ? 'VIEWER' : 'TEAM_MEMBER';
}
