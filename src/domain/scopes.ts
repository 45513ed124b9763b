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

/** Whether a slug names an entity type of Postern itself. */
export function isBuiltIn(entityType: string): entityType is BuiltInEntityType {
  return Object.hasOwn(BUILT_IN_OPERATIONS, entityType);
}

/** What a scope says: these operations, on one entity of a type or on all, in one workspace or in all. */
export interface ScopeRule {
  readonly entityType: string;
  /** `null` covers every entity of the type. */
  readonly entityId: string | null;
  /** `null` covers every workspace of the owner. */
  readonly workspaceId: string | null;
  readonly operations: readonly Operation[];
}

/** A scope as a token holds it. */
export interface TokenScope extends ScopeRule {
  readonly id: string;
}

/** Operations in the order of `OPERATIONS`, each once. */
export function normaliseOperations(operations: readonly Operation[]): Operation[] {
  return OPERATIONS.filter((operation) => operations.includes(operation));
}

/** Whether a scope lists an operation on a type, whatever the entity. */
export function concerns(scope: ScopeRule, operation: Operation, entityType: string): boolean {
  return scope.entityType === entityType && scope.operations.includes(operation);
}

function sameOperations(a: readonly Operation[], b: readonly Operation[]): boolean {
  return a.every((operation) => b.includes(operation)) && b.every((operation) => a.includes(operation));
}

/** Whether two scopes say the same. */
export function sameRule(a: ScopeRule, b: ScopeRule): boolean {
  return (
    a.entityType === b.entityType &&
    a.entityId === b.entityId &&
    a.workspaceId === b.workspaceId &&
    sameOperations(a.operations, b.operations)
  );
}

/** The rules without those that say the same as an earlier one. */
export function withoutDuplicates(rules: readonly ScopeRule[]): ScopeRule[] {
  return rules.filter((rule, index) => rules.findIndex((other) => sameRule(rule, other)) === index);
}

/** Whether the scopes together give all that a rule gives: each operation, on the same or more entities. */
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

/** The role that an operation on a channel, a workspace or a registered entity needs from a member. */
export function roleForOperation(operation: Operation): Role {
  return operation === 'READ' || operation === 'LIST' || operation === 'SUBSCRIBE' ? 'VIEWER' : 'TEAM_MEMBER';
}
