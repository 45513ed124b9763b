import type { AuditAction, AuditActor, AuditEvent } from '../../domain/audit.ts';
import type { AccessRequest } from '../../domain/authority.ts';
import { type Grant, NOTHING_LOADED, requireGrant } from '../../domain/decision.ts';
import { failure, forbidden } from '../../domain/errors.ts';
import {
  ANONYMOUS,
  holderOf,
  isToken,
  type Principal,
  type SessionPrincipal,
  userIdOf,
} from '../../domain/principal.ts';
import type { Clock } from '../../platform/clock.ts';
import type { IdSource } from '../../platform/ids.ts';
import type { Executor, TransactOptions } from '../../storage/database.ts';
import type { Lock } from '../../storage/locks.ts';
import { insertAuditEvent } from '../../storage/repositories/audit-events.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Authentication } from '../access/authentication.ts';
import { authorize } from '../access/authorize.ts';
import type { Caller } from '../access/caller.ts';
import type { Events } from './events.ts';
import { EVERYTHING, locksOf } from './locks.ts';
import type { Transact } from './transact.ts';

/** The contents of an audit event without its actor, instant and address, which the unit of work adds. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** The user whose account log contains the event; absent if it does not concern an account. */
  readonly userId?: string | null;
  /** The workspace whose log contains the event; absent if it does not concern a workspace. */
  readonly workspaceId?: string | null;
  /** The global id of the affected object. */
  readonly targetId?: string | null;
  readonly detail?: AuditEvent['detail'];
  /** The user that the call itself identifies: on sign-in and on acceptance of an invitation. */
  readonly actorId?: string;
  /** Who the event names, if an earlier call has left it to this one. */
  readonly actor?: AuditActor;
}

/** One transaction of an authorized caller, which also writes the audit events. */
export interface UnitOfWork {
  readonly tx: Executor;
  /** The instant of the change, in milliseconds since the epoch. */
  readonly now: number;
  readonly principal: Principal;
  /** The authorization of the call, with the rows that it loaded in this transaction. */
  readonly grant: Grant;
  /** Who the audit events name. */
  readonly actor: AuditActor;
  readonly newId: IdSource;
  /**
   * Writes an audit event. After the commit, the event `authority` is emitted, because permissions can have changed.
   */
  audit(entry: AuditEntry): Promise<void>;
  /** Emits the events `authority` and `cascade` after the commit, because the transaction has stored a cascade. */
  startCascade(): void;
  /** Calls `listener` after the commit; never after a rollback. */
  afterCommit(listener: () => void): void;
}

/** How a change runs. */
export interface ChangeOptions extends TransactOptions {
  /** What the change locks in addition to what the request names. */
  readonly locks?: readonly Lock[];
}

/** Runs a part of a change in a transaction that holds these locks. */
export type RunLocked = <T>(locks: readonly Lock[], work: (uow: UnitOfWork) => Promise<T>) => Promise<T>;

/** Runs all changes of stored data. */
export interface UnitOfWorkRunner {
  /**
   * Runs work for a caller in one transaction. The transaction identifies and authorizes the caller itself, so that no
   * other change can come between the decision and the work. Resolves after the commit. Throws `UNAUTHENTICATED` or the
   * error of the denial.
   *
   * The transaction locks the caller's user or workspace and what the request names, as `locksOf` says. A work that decides
   * on or changes anything else names it in `options.locks`.
   */
  run<T>(
    caller: Caller,
    request: AccessRequest,
    work: (uow: UnitOfWork) => Promise<T>,
    options?: ChangeOptions,
  ): Promise<T>;
  /** Runs work for the operator, without authorization, while no other change runs. */
  runAsOperator<T>(work: (uow: UnitOfWork) => Promise<T>): Promise<T>;
  /** Runs work that follows from what a provider said or from a setting, without authorization, with these locks only. */
  readonly runWithLocks: RunLocked;
  /** Runs work that the server does by itself, as `runAsOperator`. Its audit events have no actor. */
  runAsServer<T>(work: (uow: UnitOfWork) => Promise<T>): Promise<T>;
  /** Runs work for a directory, without authorization, while no other directory changes anything, with these further locks. */
  runAsDirectory<T>(
    from: Pick<Caller, 'address' | 'userAgent'>,
    locks: readonly Lock[],
    work: (uow: UnitOfWork) => Promise<T>,
  ): Promise<T>;
  /** Runs work that an earlier call has left, without authorization. Its audit events name the actor of that call. */
  resume<T>(actor: AuditActor, locks: readonly Lock[], work: (uow: UnitOfWork) => Promise<T>): Promise<T>;
}

interface Actor {
  readonly principal: Principal;
  readonly grant: Grant;
  readonly actor: AuditActor;
}

const OPERATOR: Actor = {
  principal: ANONYMOUS,
  grant: { ...NOTHING_LOADED, role: 'OWNER' },
  actor: { actorKind: 'OPERATOR', actorId: null, actorTokenId: null, ip: null, userAgent: null },
};

/** Returns an actor that is not authorized, of a kind in the audit log. */
function actingAs(actorKind: AuditActor['actorKind'], from?: Pick<AuditActor, 'ip' | 'userAgent'>): Actor {
  return { ...OPERATOR, actor: { ...OPERATOR.actor, ...from, actorKind } };
}

function auditActorOf(principal: Principal, { address, userAgent }: Caller): AuditActor {
  return {
    actorKind: principal.kind === 'ANONYMOUS' ? null : principal.kind,
    actorId: userIdOf(principal),
    actorTokenId: isToken(principal) ? principal.tokenId : null,
    ip: address,
    userAgent,
  };
}

/** Returns the session of the caller. Throws `UNAUTHENTICATED` if the caller is not a signed-in user. */
export function sessionOf(uow: UnitOfWork): SessionPrincipal {
  if (uow.principal.kind !== 'SESSION') throw failure('UNAUTHENTICATED');
  return uow.principal;
}

/**
 * Returns the session of the caller. Throws `UNAUTHENTICATED` if the caller is not a signed-in user, or `FORBIDDEN` with
 * `SESSION_REQUIRED` if the session is a JSON Web Token, which only its provider can change.
 */
export function storedSessionOf(uow: UnitOfWork): SessionPrincipal {
  const session = sessionOf(uow);
  if (session.isJwt) throw forbidden('SESSION_REQUIRED');
  return session;
}

/** Returns the runner of a database. */
export function createUnitOfWorkRunner(deps: {
  transact: Transact;
  clock: Clock;
  ids: IdSource;
  authentication: Authentication;
  events: Events;
  anonymousWork: AnonymousWork;
}): UnitOfWorkRunner {
  const { transact, clock, ids, authentication, events, anonymousWork } = deps;

  const emitAuthority = () => void events.emit('authority');
  const emitCascade = () => void events.emit('cascade');

  /** Runs work in one transaction and calls its listeners after the commit. */
  async function commit<T>(
    { locks = [], ...options }: ChangeOptions,
    identify: (tx: Executor) => Promise<Actor>,
    work: (uow: UnitOfWork) => Promise<T>,
  ): Promise<T> {
    const listeners = new Set<() => void>();
    const result = await transact(
      locks,
      async (tx) => {
        listeners.clear();
        return work(createUnitOfWork(tx, await identify(tx), listeners));
      },
      options,
    );
    for (const listener of listeners) listener();
    return result;
  }

  function createUnitOfWork(
    tx: Executor,
    { principal, grant, actor }: Actor,
    listeners: Set<() => void>,
  ): UnitOfWork {
    const now = clock();
    return {
      tx,
      now,
      principal,
      grant,
      actor,
      newId: ids,
      startCascade: () => void listeners.add(emitAuthority).add(emitCascade),
      afterCommit: (listener) => void listeners.add(listener),
      audit: async (entry) => {
        listeners.add(emitAuthority);
        await insertAuditEvent(tx, {
          id: ids(),
          at: now,
          action: entry.action,
          userId: entry.userId ?? null,
          workspaceId: entry.workspaceId ?? null,
          ...(entry.actor ?? actor),
          ...(entry.actorId && { actorKind: 'SESSION', actorId: entry.actorId }),
          targetId: entry.targetId ?? null,
          detail: entry.detail ?? {},
        });
      },
    };
  }

  /** Identifies and authorizes a caller in the transaction. */
  async function identify(tx: Executor, caller: Caller, request: AccessRequest): Promise<Actor> {
    const principal = await authentication.identifyCaller(caller, tx);
    if (holderOf(principal)?.id !== caller.holder?.id)
      throw new Error('a credential belongs to another holder than the locked one');
    const grant = requireGrant(await authorize(tx, principal, request, clock()));
    return { principal, grant, actor: auditActorOf(principal, caller) };
  }

  return {
    run(caller, request, work, { locks = [], ...options } = {}) {
      const all = { ...options, locks: [...locksOf(caller, request), ...locks] };
      const change = () => commit(all, (tx) => identify(tx, caller, request), work);
      return caller.credential === null ? anonymousWork(change) : change();
    },
    runAsOperator: (work) => commit({ locks: EVERYTHING }, async () => OPERATOR, work),
    runWithLocks: (locks, work) => commit({ locks }, async () => actingAs('DIRECTORY'), work),

    runAsServer: (work) => commit({ locks: EVERYTHING }, async () => actingAs(null), work),

    runAsDirectory: ({ address: ip, userAgent }, locks, work) =>
      commit(
        { locks: [{ on: 'directories' }, ...locks] },
        async () => actingAs('DIRECTORY', { ip, userAgent }),
        work,
      ),

    resume: (actor, locks, work) => commit({ locks }, async () => ({ ...OPERATOR, actor }), work),
  };
}
