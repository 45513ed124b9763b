import {
  type AccessRequest,
  authorizeBeforeLookup,
  builtInEntityId,
  tokenRoleFor,
} from '../../domain/authority.ts';
import { isEntityId, isEntityType } from '../../domain/entity-type.ts';
import { badInput, type ErrorCode, PosternError, type Reason, type Required } from '../../domain/errors.ts';
import { decodeGlobalId } from '../../domain/global-id.ts';
import type { Principal } from '../../domain/principal.ts';
import { BUILT_IN_OPERATIONS, isBuiltIn, type Operation } from '../../domain/scopes.ts';
import type { Executor } from '../../storage/database.ts';
import { authorize, type OnScan } from './authorize.ts';

/** The entity id that stands for every entity of a type. No entity has it: ids contain no asterisk. */
export const EVERY_ENTITY = '*';

/** Whether a caller may do a thing; ids are global ids, or a registered type's own. */
export interface AccessCheck {
  readonly operation: Operation;
  readonly entityType: string;
  /** Without it, or as `*`, the question is about every entity of the type. */
  readonly entityId?: string | null | undefined;
  readonly workspaceId?: string | null | undefined;
  /** Without an id: is there any entity that the caller may do it to? */
  readonly any?: boolean | undefined;
}

/** Whether a question is about every entity of a type. */
export function isAboutEvery({ entityId, any }: AccessCheck): boolean {
  return entityId == null ? !any : entityId === EVERY_ENTITY;
}

/** The answer, with what stands in the way if it is no. */
export interface Decision {
  readonly allowed: boolean;
  /** `extensions.reason` of the refused call, or its code where that has none. */
  readonly reason: Reason | ErrorCode | null;
  readonly required: Required | null;
}

const ALLOWED: Decision = Object.freeze({ allowed: true, reason: null, required: null });
const UNKNOWN: Decision = Object.freeze({ allowed: false, reason: 'NOT_FOUND', required: null });

/** Converts a question into an access check; `null` if the type, the operation or the id is one that cannot exist. */
function askOfQuestion({ operation, entityType, any, ...ids }: AccessCheck): AccessRequest | null {
  const workspaceId = ids.workspaceId == null ? undefined : decodeGlobalId('Workspace', ids.workspaceId);
  const entityId = ids.entityId === EVERY_ENTITY ? undefined : (ids.entityId ?? undefined);
  if (!isBuiltIn(entityType)) {
    if (!isEntityType(entityType) || (entityId !== undefined && !isEntityId(entityId))) return null;
    return { kind: 'entity', operation, entityType, workspaceId, entityId, any };
  }
  if (!BUILT_IN_OPERATIONS[entityType].includes(operation)) return null;
  const id = entityId === undefined ? undefined : builtInEntityId(entityType, entityId);
  if (entityType === 'token') return askOfTokens(operation, id, workspaceId, any);
  // A workspace is the only one in itself.
  const only = entityType === 'workspace' ? workspaceId : undefined;
  return { kind: 'entity', operation, entityType, workspaceId, entityId: id ?? only, any };
}

/** An access check on one token, on the caller's personal tokens or on the tokens of a workspace. */
function askOfTokens(
  operation: Operation,
  tokenId: string | undefined,
  workspaceId: string | undefined,
  any: boolean | undefined,
): AccessRequest {
  const workspaceRole = tokenRoleFor(operation);
  if (tokenId !== undefined || workspaceId === undefined)
    return { kind: 'token', operation, tokenId, workspaceId, workspaceRole, any };
  // Tokens of every role are among them, and a token is changed only by those whose role is not below its own.
  const changesAll = !any && (operation === 'UPDATE' || operation === 'DELETE');
  return { kind: 'role', role: changesAll ? 'OWNER' : workspaceRole, workspaceId };
}

/** The answer that a refusal comes to. Throws what is none, and that the caller asks for too much. */
function toDecision(error: unknown): Decision {
  if (!(error instanceof PosternError) || error.code === 'LIMIT_REACHED') throw error;
  return {
    allowed: false,
    reason: error.detail.reason ?? error.code,
    required: error.detail.required ?? null,
  };
}

/** The answer where it follows from the caller alone; `null` where the database has to be asked. */
export function checkAccessSync(principal: Principal, question: AccessCheck): Decision | null {
  const ask = askOfQuestion(question);
  if (!ask) return UNKNOWN;
  try {
    return authorizeBeforeLookup(principal, ask) && ALLOWED;
  } catch (error) {
    return toDecision(error);
  }
}

/** Answers by the same rules that the call itself would meet at an instant. */
export async function checkAccess(
  db: Executor,
  principal: Principal,
  question: AccessCheck,
  now: number,
  pace?: Pace,
): Promise<Decision> {
  const ask = askOfQuestion(question);
  if (!ask) return UNKNOWN;
  try {
    await authorize(db, principal, ask, now, pace?.scan);
    return ALLOWED;
  } catch (error) {
    return toDecision(error);
  }
}

/** Holds checks back while others have their turn. */
export interface Pace {
  /** Is told of each of several checks. */
  readonly check: () => Promise<void> | undefined;
  readonly scan: OnScan;
}

const QUESTIONS_AT_ONCE = 100;

/** Answers several questions, in their order. Throws `BAD_USER_INPUT` on more than 100. */
export async function checkAccessAll(
  db: Executor,
  principal: Principal,
  questions: readonly AccessCheck[],
  now: number,
  pace?: Pace,
): Promise<Decision[]> {
  if (questions.length > QUESTIONS_AT_ONCE)
    throw badInput(['checks'], `must be at most ${QUESTIONS_AT_ONCE}`);
  const decisions: Decision[] = [];
  for (const question of questions) {
    const pause = pace?.check();
    if (pause) await pause;
    decisions.push(await checkAccess(db, principal, question, now, pace));
  }
  return decisions;
}
