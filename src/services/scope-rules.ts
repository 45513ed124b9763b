import { badInput, forbidden, type InputIssue, inputCheck, PosternError } from '../domain/errors.ts';
import { idOf, NO_ID } from '../domain/global-id.ts';
import type { Limits } from '../domain/limits.ts';
import type { TokenAuthority } from '../domain/principal.ts';
import {
  BUILT_IN_OPERATIONS,
  includesRule,
  isBuiltIn,
  normaliseOperations,
  type Operation,
  type ScopeRule,
  withoutDuplicates,
} from '../domain/scopes.ts';
import type { Executor } from '../storage/database.ts';
import { findToken } from '../storage/tokens.ts';
import { findStanding } from '../storage/workspaces.ts';
import type { Change } from './changes.ts';

/** A scope as a caller asks for it; ids are global ids, or a registered type's own. */
export interface ScopeRequest {
  readonly entityType: string;
  readonly entityId?: string | null;
  readonly workspaceId?: string | null;
  readonly operations: readonly Operation[];
}

type Path = InputIssue['path'];

/**
 * Turns requests into rules for a user's token: each names operations that its type has, and an entity and a workspace
 * that the user can see; equal ones become one. A token that asks may give only what it has itself.
 * Throws `BAD_USER_INPUT` with every issue, `LIMIT_REACHED`, or `FORBIDDEN`, `EXCEEDS_CALLER`.
 */
export async function resolveScopeRules(
  change: Change,
  ownerId: string,
  requests: readonly ScopeRequest[],
  path: Path,
  limits: Limits,
): Promise<ScopeRule[]> {
  if (requests.length > limits.scopesPerToken) throw new PosternError('LIMIT_REACHED');
  const check = inputCheck();
  const rules = requests.map((request, index) => check.try(() => parseRule(request, [...path, index])));
  check.finish();
  const known = rules as ScopeRule[];
  if (change.principal.kind === 'PERSONAL_TOKEN') requireWithin(change.principal.chain, known);
  const issues: InputIssue[] = [];
  for (const [index, rule] of known.entries()) {
    issues.push(...(await issuesOfTargets(change.tx, ownerId, rule, [...path, index])));
  }
  if (issues.length > 0) throw new PosternError('BAD_USER_INPUT', { issues });
  return withoutDuplicates(known);
}

/** Throws `FORBIDDEN`, `EXCEEDS_CALLER` unless every token of the chain has all that the rules give. */
export function requireWithin(chain: readonly TokenAuthority[], rules: readonly ScopeRule[]): void {
  const within = chain.every((link) =>
    rules.every((rule) =>
      link.access === 'FULL' ? rule.entityType !== 'token' : includesRule(link.scopes, rule),
    ),
  );
  if (!within) throw forbidden('EXCEEDS_CALLER');
}

function parseRule(request: ScopeRequest, path: Path): ScopeRule {
  const { entityType } = request;
  const operations = normaliseOperations(request.operations);
  if (operations.length === 0) throw badInput([...path, 'operations'], 'must name at least one operation');
  if (!isBuiltIn(entityType)) throw badInput([...path, 'entityType'], 'is not a known entity type');
  const unknown = operations.filter((operation) => !BUILT_IN_OPERATIONS[entityType].includes(operation));
  if (unknown.length > 0) {
    throw badInput([...path, 'operations'], `a ${entityType} has no operation ${unknown.join(', ')}`);
  }
  if (entityType === 'token' && request.workspaceId != null) {
    throw badInput([...path, 'workspaceId'], 'a personal token is in no workspace');
  }
  const nodeType = ({ workspace: 'Workspace', channel: 'Channel', token: 'Token' } as const)[entityType];
  return {
    entityType,
    entityId: request.entityId == null ? null : idOf(nodeType, request.entityId),
    workspaceId: request.workspaceId == null ? null : idOf('Workspace', request.workspaceId),
    operations,
  };
}

async function issuesOfTargets(
  db: Executor,
  ownerId: string,
  rule: ScopeRule,
  path: Path,
): Promise<InputIssue[]> {
  const issues: InputIssue[] = [];
  if (rule.workspaceId !== null && !(await seesWorkspace(db, ownerId, rule.workspaceId))) {
    issues.push({ path: [...path, 'workspaceId'], message: 'is not a workspace that the owner can see' });
  }
  if (rule.entityId !== null && !(await seesEntity(db, ownerId, rule, rule.entityId))) {
    issues.push({
      path: [...path, 'entityId'],
      message: `is not a ${rule.entityType} that the owner can see there`,
    });
  }
  return issues;
}

async function seesWorkspace(db: Executor, userId: string, workspaceId: string): Promise<boolean> {
  const standing = workspaceId === NO_ID ? null : await findStanding(db, userId, workspaceId);
  return standing !== null && standing.role !== null;
}

async function seesEntity(db: Executor, userId: string, rule: ScopeRule, entityId: string): Promise<boolean> {
  if (rule.entityType === 'token') return (await findToken(db, entityId))?.ownerId === userId;
  if (rule.entityType === 'workspace') {
    return (rule.workspaceId ?? entityId) === entityId && (await seesWorkspace(db, userId, entityId));
  }
  return false;
}
