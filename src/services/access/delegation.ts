import { builtInEntityId } from '../../domain/authority.ts';
import { ENTITY_ID_RULE, isEntityId, isEntityPattern } from '../../domain/entity-type.ts';
import {
  badInput,
  failure,
  forbidden,
  type InputIssue,
  inputCheck,
  PosternError,
} from '../../domain/errors.ts';
import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { isToken, type TokenAuthority } from '../../domain/principal.ts';
import {
  BUILT_IN_OPERATIONS,
  includesRule,
  isBuiltIn,
  normaliseOperations,
  type Operation,
  type ScopeRule,
  withoutDuplicates,
} from '../../domain/scopes.ts';
import type { TokenOwnership } from '../../domain/token.ts';
import type { Executor } from '../../storage/database.ts';
import { findSharedOperations } from '../../storage/repositories/channel-shares.ts';
import { findUserChannelAccess, findWorkspaceIdOf } from '../../storage/repositories/channels.ts';
import { findEntityType } from '../../storage/repositories/entity-types.ts';
import { findToken } from '../../storage/repositories/tokens.ts';
import { findUserAccess } from '../../storage/repositories/workspaces.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** A scope as a caller requests it. Ids are global ids, or the opaque ids of a registered type. */
export interface ScopeRequest {
  readonly entityType: string;
  readonly entityId?: string | null;
  readonly entityPattern?: string | null;
  readonly workspaceId?: string | null;
  readonly operations: readonly Operation[];
}

/**
 * Returns the id of the calling token and the earliest expiry of its chain; `null` for both if the caller is not a
 * token.
 */
export function parentOf(uow: UnitOfWork): { parentId: string | null; expiresAt: number | null } {
  const { principal } = uow;
  if (!isToken(principal)) return { parentId: null, expiresAt: null };
  const expiries = principal.chain.flatMap((link) => (link.expiresAt === null ? [] : [link.expiresAt]));
  return { parentId: principal.tokenId, expiresAt: expiries.length === 0 ? null : Math.min(...expiries) };
}

type Path = InputIssue['path'];

/** The user or the workspace that a token belongs to. */
export type ScopeHolder = { readonly userId: string } | { readonly workspaceId: string };

/** Returns the holder of a token. */
export function scopeHolderOf({ ownerId, workspaceId }: TokenOwnership): ScopeHolder {
  return ownerId === null ? { workspaceId } : { userId: ownerId };
}

/**
 * Converts requests into rules for a token of a user or a workspace, without duplicates. The rules of a workspace token
 * name its workspace. Throws `BAD_USER_INPUT` with every issue if a rule names an unknown operation, an entity or
 * workspace that the user cannot see, or one outside the workspace of the token. Throws
 * `LIMIT_REACHED` on too many requests, and `FORBIDDEN` with `EXCEEDS_CALLER` if the caller is a token that lacks a
 * scope.
 */
export async function resolveScopeRules(
  uow: UnitOfWork,
  holder: ScopeHolder,
  requests: readonly ScopeRequest[],
  path: Path,
  limits: Limits,
): Promise<ScopeRule[]> {
  requireScopeCount(requests.length, limits);
  const check = inputCheck();
  const rules = requests.map((request, index) =>
    check.try(() => parseRuleOf(holder, request, [...path, index])),
  );
  check.finish();
  const parsed = rules as ScopeRule[];
  if (uow.principal.kind === 'PERSONAL_TOKEN') requireWithin(uow.principal.chain, parsed);
  const issues: InputIssue[] = [];
  for (const [index, rule] of parsed.entries()) {
    issues.push(...(await issuesOfTargets(uow, holder, rule, [...path, index])));
  }
  if (issues.length > 0) throw new PosternError('BAD_USER_INPUT', { issues });
  return withoutDuplicates(parsed);
}

/** Throws `LIMIT_REACHED` if a token cannot have `count` scopes. */
export function requireScopeCount(count: number, { scopesPerToken }: Limits): void {
  if (count <= scopesPerToken) return;
  throw failure('LIMIT_REACHED', `A token can have at most ${scopesPerToken} scopes. Delete some first.`);
}

/** Throws `FORBIDDEN` with `EXCEEDS_CALLER` unless every token of the chain has all the rules. */
export function requireWithin(chain: readonly TokenAuthority[], rules: readonly ScopeRule[]): void {
  const within = chain.every((link) =>
    rules.every((rule) =>
      link.access === 'FULL' ? rule.entityType !== 'token' : includesRule(link.scopes, rule),
    ),
  );
  if (!within) throw forbidden('EXCEEDS_CALLER');
}

/** Returns the rule of a request. A workspace token acts in its own workspace only, so its rules name it. */
function parseRuleOf(holder: ScopeHolder, request: ScopeRequest, path: Path): ScopeRule {
  if ('userId' in holder) return parseRule(request, path);
  if (request.entityType === 'token') {
    throw badInput([...path, 'entityType'], 'a workspace token cannot have scopes on tokens');
  }
  const own = toGlobalId('Workspace', holder.workspaceId);
  return parseRule({ ...request, workspaceId: request.workspaceId ?? own }, path);
}

/** Returns the rule of a request for a personal token, without looking anything up. Throws `BAD_USER_INPUT`. */
export function parseRule(request: ScopeRequest, path: Path): ScopeRule {
  const { entityType } = request;
  const operations = normaliseOperations(request.operations);
  if (operations.length === 0) throw badInput([...path, 'operations'], 'must name at least one operation');
  const unsupported = isBuiltIn(entityType)
    ? unsupportedOperations(entityType, BUILT_IN_OPERATIONS[entityType], operations)
    : null;
  if (unsupported !== null) throw badInput([...path, 'operations'], unsupported);
  if (entityType === 'token' && request.workspaceId != null) {
    throw badInput([...path, 'workspaceId'], 'a personal token is in no workspace');
  }
  if (!isBuiltIn(entityType) && request.workspaceId == null) {
    throw badInput([...path, 'workspaceId'], 'is required for a registered entity type');
  }
  return {
    entityType,
    entityId: parseEntity(request, path),
    workspaceId: request.workspaceId == null ? null : decodeGlobalId('Workspace', request.workspaceId),
    operations,
  };
}

/** Returns the entity id or pattern of a request; `null` if it covers every entity of the type. */
function parseEntity({ entityType, entityId, entityPattern }: ScopeRequest, path: Path): string | null {
  if (entityPattern != null) {
    const problem = problemOfPattern(entityType, entityId, entityPattern);
    if (problem !== null) throw badInput([...path, 'entityPattern'], problem);
    return entityPattern;
  }
  if (entityId == null) return null;
  if (isBuiltIn(entityType)) return builtInEntityId(entityType, entityId);
  if (!isEntityId(entityId)) throw badInput([...path, 'entityId'], ENTITY_ID_RULE);
  return entityId;
}

function problemOfPattern(
  entityType: string,
  entityId: string | null | undefined,
  pattern: string,
): string | null {
  if (isBuiltIn(entityType)) return 'requires a registered entity type';
  if (entityId != null) return 'must be left out if entityId is set';
  if (isEntityPattern(pattern)) return null;
  return 'must be the beginning of an id that ends with / or :, and then one star, such as acme/*';
}

/** Returns an error message that names the operations that a type does not have; `null` if it has all of them. */
function unsupportedOperations(
  entityType: string,
  supported: readonly Operation[],
  operations: readonly Operation[],
): string | null {
  const unsupported = operations.filter((operation) => !supported.includes(operation));
  return unsupported.length === 0 ? null : `a ${entityType} has no operation ${unsupported.join(', ')}`;
}

/** Returns an issue for each entity, workspace or type of a rule that the holder of the token cannot reach. */
async function issuesOfTargets(
  uow: UnitOfWork,
  holder: ScopeHolder,
  rule: ScopeRule,
  path: Path,
): Promise<InputIssue[]> {
  const { entityType, entityId, workspaceId } = rule;
  const issues: InputIssue[] = [];
  if (workspaceId !== null && !(await canSeeWorkspace(uow, holder, entityType, workspaceId))) {
    issues.push({ path: [...path, 'workspaceId'], message: 'is not a workspace that the owner can see' });
  }
  if (!isBuiltIn(entityType)) return issues.length > 0 ? issues : issuesOfRegistered(uow.tx, rule, path);
  if (entityId !== null && !(await canSeeEntity(uow, holder, rule, entityId))) {
    issues.push({
      path: [...path, 'entityId'],
      message: `is not a ${entityType} that the owner can see there`,
    });
  }
  return issues;
}

/** Returns an issue if the workspace of a rule does not register its type or operations. */
async function issuesOfRegistered(db: Executor, rule: ScopeRule, path: Path): Promise<InputIssue[]> {
  const { entityType, workspaceId, operations } = rule;
  const type = workspaceId === null ? null : await findEntityType(db, workspaceId, entityType);
  if (!type)
    return [{ path: [...path, 'entityType'], message: 'is not an entity type that is registered there' }];
  const supported = type.operations.map(({ name }) => name);
  const message = unsupportedOperations(entityType, supported, operations);
  return message === null ? [] : [{ path: [...path, 'operations'], message }];
}

/**
 * Returns whether the holder can see a workspace: a user as a member or, for rules about channels, through a shared
 * channel; a workspace only itself.
 */
async function canSeeWorkspace(
  { tx, now }: UnitOfWork,
  holder: ScopeHolder,
  entityType: string,
  workspaceId: string,
): Promise<boolean> {
  if ('workspaceId' in holder) return holder.workspaceId === workspaceId;
  const { userId } = holder;
  if ((await findUserAccess(tx, userId, workspaceId))?.role != null) return true;
  return entityType === 'channel' && (await findSharedOperations(tx, userId, workspaceId, now)).length > 0;
}

async function canSeeEntity(
  { tx, now }: UnitOfWork,
  holder: ScopeHolder,
  rule: ScopeRule,
  entityId: string,
): Promise<boolean> {
  const { entityType, workspaceId } = rule;
  if ('workspaceId' in holder) {
    const located = entityType === 'channel' ? await findWorkspaceIdOf(tx, entityId) : entityId;
    return located === holder.workspaceId;
  }
  const { userId } = holder;
  if (entityType === 'token') return (await findToken(tx, entityId))?.ownerId === userId;
  const access =
    entityType === 'channel'
      ? await findUserChannelAccess(tx, userId, entityId, now)
      : await findUserAccess(tx, userId, entityId);
  if (!access || (access.role === null && access.shared.length === 0)) return false;
  return workspaceId === null || workspaceId === access.workspaceId;
}
