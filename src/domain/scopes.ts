import type { Role } from './roles.ts';

/** The built-in operations. */
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

export type BuiltInOperation = (typeof OPERATIONS)[number];

/** The name of an operation: a built-in one, or one that a registered entity type declares. */
export type Operation = string;

const OPERATION_NAME = /^[A-Z][A-Z0-9_]{0,49}$/;

/** Returns whether a text can name an operation: upper snake case in ASCII, up to 50 characters. */
export function isOperationName(text: string): boolean {
  return OPERATION_NAME.test(text);
}

/** Returns whether an operation is built in. */
export function isBuiltInOperation(operation: Operation): operation is BuiltInOperation {
  return (OPERATIONS as readonly string[]).includes(operation);
}

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

/** The rule of a scope: operations on some entities of a type or all, in one workspace or all. */
export interface ScopeRule {
  readonly entityType: string;
  /** One entity, or a pattern (`isPattern`); `null` covers every entity of the type. */
  readonly entityId: string | null;
  /** `null` covers every workspace of the owner. */
  readonly workspaceId: string | null;
  readonly operations: readonly Operation[];
}

/** A stored scope of a token. */
export interface TokenScope extends ScopeRule {
  readonly id: string;
}

/** Returns operations once each: built-in ones in the order of `OPERATIONS`, then the others by name. */
export function normaliseOperations(operations: readonly Operation[]): Operation[] {
  const own = operations.filter((operation) => !isBuiltInOperation(operation));
  return [...OPERATIONS.filter((operation) => operations.includes(operation)), ...new Set(own.sort())];
}

/** Both are the end of a segment of an id, so that a pattern never covers part of a name. */
const PATTERN = /^[^*]+[/:]\*$/;

/**
 * Returns whether a text has the shape of a pattern: a literal of at least two characters that ends with `/` or `:`, and
 * then one star. It is never an entity id, because no id contains a star.
 */
export function isPattern(text: string): boolean {
  return text.length > 2 && PATTERN.test(text);
}

/** Returns whether an id or a pattern is a pattern, for values that are already valid. */
export function hasStar(entity: string): boolean {
  return entity.endsWith('*');
}

/**
 * Returns whether an id or a pattern includes another: equal ones, or a pattern whose literal the other begins with and
 * exceeds. Compares byte for byte.
 */
export function includesEntity(outer: string, inner: string): boolean {
  if (outer === inner) return true;
  if (!hasStar(outer)) return false;
  const literal = outer.slice(0, -1);
  return inner.length > literal.length && inner.startsWith(literal);
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
        (scope.entityId === null ||
          (rule.entityId !== null && includesEntity(scope.entityId, rule.entityId))) &&
        (scope.workspaceId === null || scope.workspaceId === rule.workspaceId),
    ),
  );
}

/** Returns the role that a member needs for a built-in operation, unless a registered entity type declares another. */
export function roleForOperation(operation: Operation): Role {
  return operation === 'READ' || operation === 'LIST' || operation === 'SUBSCRIBE' ? 'VIEWER' : 'TEAM_MEMBER';
}

function keyOf({ entityType, entityId, workspaceId }: ScopeRule): string {
  return JSON.stringify([entityType, entityId, workspaceId]);
}

/** Returns rules with the operations of all rules that are about the same entities. */
function merge(rules: readonly ScopeRule[]): ScopeRule[] {
  const merged = new Map<string, ScopeRule>();
  for (const rule of rules) {
    const operations = new Set([...(merged.get(keyOf(rule))?.operations ?? []), ...rule.operations]);
    merged.set(keyOf(rule), { ...rule, operations: [...operations] });
  }
  return [...merged.values()];
}

/**
 * Returns the fewest scopes that allow exactly the operations of some rules. Operations on one entity are left out if
 * another rule allows them on all entities, or on all entities of the same workspace.
 */
export function smallestScopes(rules: readonly ScopeRule[]): ScopeRule[] {
  const merged = merge(rules);
  const byKey = new Map(merged.map((rule) => [keyOf(rule), rule]));
  const patterns = merged.filter(({ entityId }) => entityId !== null && hasStar(entityId));

  /** Returns the only rules that can include one: few, so that the time does not grow with the square of the rules. */
  function wider(rule: ScopeRule): ScopeRule[] {
    const { entityType, entityId, workspaceId } = rule;
    const keys = [
      { entityType, entityId: null, workspaceId: null },
      { entityType, entityId: null, workspaceId },
      { entityType, entityId, workspaceId: null },
    ].map((key) => keyOf({ ...key, operations: [] }));
    const found = [...new Set(keys)].flatMap((key) => byKey.get(key) ?? []);
    return [...found, ...patterns].filter((other) => other !== rule);
  }

  return merged.flatMap((rule) => {
    const others = wider(rule);
    const operations = rule.operations.filter(
      (operation) => !includesRule(others, { ...rule, operations: [operation] }),
    );
    return operations.length === 0 ? [] : [{ ...rule, operations: operations.toSorted() }];
  });
}
