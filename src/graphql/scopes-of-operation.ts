import {
  type FieldNode,
  type GraphQLNamedType,
  getNamedType,
  isCompositeType,
  isIntrospectionType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionNode,
  valueFromASTUntyped,
} from 'graphql';
import { type NodeType, parseGlobalId } from '../domain/global-id.ts';
import type { IdPath, Requirement } from '../domain/requirement.ts';
import { isBuiltIn, type Operation, type ScopeRule, smallestScopes } from '../domain/scopes.ts';
import { type Variables, valueAt } from './cost.ts';
import type { FieldAuthority } from './requirement-plugin.ts';
import { createSelections, fieldOf, type SelectedField, type SelectionContext } from './selections.ts';

/** A field that no personal token is allowed to call. */
export interface ScopeObstacle {
  /** The response keys from the operation to the field. */
  readonly path: readonly string[];
  readonly reason: 'ROLE_GATED' | 'SESSION_REQUIRED';
}

/** The scopes with which a personal token can run an operation. Ids are as the operation gives them. */
export interface ScopeProposal {
  readonly scopes: readonly ScopeRule[];
  readonly obstacles: readonly ScopeObstacle[];
}

/** What is known about the object that fields are selected on: its type and its ids as given; `null` for an unknown id. */
type Subject = Pick<ScopeRule, 'entityType' | 'entityId' | 'workspaceId'> | null;

const NODE = 'Node';

/** Fields that are null for every personal token, so what is selected below them needs nothing: it sees personal tokens only. */
const NULL_FOR_PERSONAL_TOKENS = ['Token.workspace', 'Token.issuedBy'];

function isOfOneType(filteredBy: FieldAuthority['filteredBy']): filteredBy is Requirement {
  return filteredBy !== undefined && 'kind' in filteredBy;
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isOperation(name: unknown): name is Operation {
  return typeof name === 'string';
}

function isPresent(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Returns the values of variables, with the defaults of those that are absent. */
function withDefaults(operation: OperationDefinitionNode, variables: Variables): Variables {
  const defaults = (operation.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)] as const] : [],
  );
  return { ...Object.fromEntries(defaults), ...variables };
}

/** Returns whether `@skip` and `@include` leave a selection in. One with an unknown condition is left in. */
function isIncluded({ directives = [] }: SelectionNode, variables: Variables): boolean {
  return directives.every(({ name, arguments: args = [] }) => {
    const condition = args[0] && valueFromASTUntyped(args[0].value, variables);
    return !(
      (name.value === 'skip' && condition === true) ||
      (name.value === 'include' && condition === false)
    );
  });
}

/** Returns the subject of a requirement: the entity that it is about. */
function subjectOf(
  requires: Requirement,
  idAt: (path: IdPath | undefined) => string | null,
  parent: Subject,
): Subject {
  if (requires.kind === 'token') {
    return { entityType: 'token', entityId: idAt(requires.token), workspaceId: null };
  }
  if (requires.kind !== 'entity') return null;
  const { entityType, entity, workspace } = requires;
  const entityId = idAt(entity);
  if (entityType === 'workspace') return { entityType, entityId, workspaceId: entityId };
  const isOfParent = entity?.startsWith('parent.') ?? false;
  const workspaceId = idAt(workspace) ?? (isOfParent && parent ? parent.workspaceId : null);
  return { entityType, entityId, workspaceId };
}

function workspaceOf(subject: Subject): Subject {
  if (subject === null) return null;
  const { workspaceId } = subject;
  return { entityType: 'workspace', entityId: workspaceId, workspaceId };
}

/** Returns what is known about a field's objects from what its requirement is about. Connections and payloads pass it on. */
function subjectFor(type: GraphQLNamedType, subject: Subject): Subject {
  const isPassedOn = type.name === NODE || !isNodeType(type);
  if (isPassedOn || subject?.entityType === type.name.toLowerCase()) return subject;
  return type.name === 'Workspace' ? workspaceOf(subject) : null;
}

/** Returns what is known about the objects of a field without a requirement, from the object that has the field. */
function relatedTo({ parent }: SelectedField, type: GraphQLNamedType, subject: Subject): Subject {
  if (!isNodeType(parent) || !isNodeType(type)) return subject;
  return type.name === 'Workspace' ? workspaceOf(subject) : null;
}

function isNodeType(type: GraphQLNamedType): boolean {
  return type.name === NODE || (isObjectType(type) && type.getInterfaces().some(({ name }) => name === NODE));
}

/** Returns the rule that allows an operation on a subject. An id of the entity makes that of its workspace needless. */
function ruleFor({ entityType, entityId, workspaceId }: NonNullable<Subject>, operation: Operation) {
  return {
    entityType,
    entityId,
    workspaceId: entityId === null ? workspaceId : null,
    operations: [operation],
  };
}

/** Returns the items of a list. As in GraphQL, a single value is a list of one (section 3.11 of the specification). */
function listOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return value == null ? [] : [value];
}

/** Returns the rules for what a mutation gives: operations on its subject, or scopes. */
function givenRules(given: unknown, subject: NonNullable<Subject>): ScopeRule[] {
  return listOf(given).flatMap((item: unknown): ScopeRule[] => {
    if (isOperation(item)) return [ruleFor(subject, item)];
    if (!isPresent(item)) return [];
    const { entityType, entityId, workspaceId, operations } = item as Record<string, unknown>;
    if (typeof entityType !== 'string') return [];
    const ids = { entityId: stringOrNull(entityId), workspaceId: stringOrNull(workspaceId) };
    return [{ entityType, ...ids, operations: listOf(operations).filter(isOperation) }];
  });
}

/**
 * Returns the smallest scopes with which a personal token can run a valid operation, by what its fields declare. Nothing is
 * executed or looked up. An id that is not in the operation or its variables counts as every entity.
 */
export function scopesOfOperation(
  context: SelectionContext,
  operation: OperationDefinitionNode,
  given: Variables,
): ScopeProposal {
  const variables = withDefaults(operation, given);
  const selectedFields = createSelections(context, (selection) => isIncluded(selection, variables));
  const rules: ScopeRule[] = [];
  const obstacles: ScopeObstacle[] = [];

  function argumentsOf({ arguments: args = [] }: FieldNode): Record<string, unknown> {
    return Object.fromEntries(
      args.map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)]),
    );
  }

  /** Adds what a requirement needs; returns its subject. */
  function add(
    requires: Requirement,
    args: Record<string, unknown>,
    parent: Subject,
    path: readonly string[],
  ): Subject {
    const idAt = (at: IdPath | undefined) => {
      if (at === undefined) return null;
      if (at.startsWith('parent.')) return parent?.entityId ?? null;
      return stringOrNull(valueAt(args, at.split('.')));
    };
    const subject = subjectOf(requires, idAt, parent);
    if (requires.kind === 'role') obstacles.push({ path, reason: 'ROLE_GATED' });
    if (['person', 'session', 'federation'].includes(requires.kind))
      obstacles.push({ path, reason: 'SESSION_REQUIRED' });
    if (subject === null || (requires.kind !== 'token' && requires.kind !== 'entity')) return subject;
    if (requires.kind === 'token' && requires.refusesPersonalTokens) {
      obstacles.push({ path, reason: 'SESSION_REQUIRED' });
      return subject;
    }
    rules.push(ruleFor(subject, requires.operation));
    if (requires.gives) rules.push(...givenRules(valueAt(args, requires.gives.split('.')), subject));
    return subject;
  }

  /** Adds what a field needs that returns nodes of several types: for the type of the id, or for the selected types. */
  function addNode(
    byType: Partial<Record<NodeType, Requirement>>,
    { nodes }: SelectedField,
    args: Record<string, unknown>,
    path: readonly string[],
  ): Subject {
    const id = stringOrNull(args.id);
    if (id !== null) {
      const requires = byType[parseGlobalId(id)?.type as NodeType];
      return requires ? add(requires, args, null, path) : null;
    }
    const node = context.schema.getType(NODE) as GraphQLNamedType;
    const selected = [...selectedFields(nodes, node)].map(({ parent }) => parent.name);
    const types = Object.keys(byType).filter(
      (type) => selected.includes(type) || (selected.includes(NODE) && isBuiltIn(type.toLowerCase())),
    );
    for (const type of types) add(byType[type as NodeType] as Requirement, args, null, path);
    return null;
  }

  function walkField(selected: SelectedField, parent: Subject, path: readonly string[]): void {
    const [node] = selected.nodes as [FieldNode];
    const field = fieldOf(context.schema, selected.parent, node.name.value);
    const type = field && getNamedType(field.type);
    if (!field || !type || isIntrospectionType(type)) return;
    const at = [...path, (node.alias ?? node.name).value];
    const args = argumentsOf(node);
    const { requires, filteredBy } = field.extensions as FieldAuthority;
    let subject = relatedTo(selected, type, parent);
    if (requires) subject = add(requires, args, parent, at) ?? subject;
    if (isOfOneType(filteredBy)) subject = add(filteredBy, args, null, at);
    else if (filteredBy) subject = addNode(filteredBy, selected, args, at);
    if (NULL_FOR_PERSONAL_TOKENS.includes(`${selected.parent.name}.${field.name}`)) return;
    const only = type.name === NODE ? parseGlobalId(stringOrNull(args.id) ?? '')?.type : undefined;
    if (isCompositeType(type)) walk(selected.nodes, type, subjectFor(type, subject), at, only);
  }

  /** Adds what selections on objects need; with `only`, the objects of an interface are all of that type. */
  function walk(
    nodes: readonly Pick<FieldNode, 'selectionSet'>[],
    type: GraphQLNamedType,
    subject: Subject,
    path: readonly string[],
    only?: NodeType,
  ): void {
    for (const selected of selectedFields(nodes, type)) {
      const isOfOtherType = only !== undefined && ![NODE, only].includes(selected.parent.name);
      if (!isOfOtherType) walkField(selected, subject, path);
    }
  }

  const root = context.schema.getRootType(operation.operation);
  if (root) walk([operation], root, null, []);
  return { scopes: smallestScopes(rules), obstacles };
}
