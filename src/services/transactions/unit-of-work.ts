import type { AuditAction, AuditEvent } from '../../domain/audit.ts';
import type { AccessRequest } from '../../domain/authority.ts';
import { type Grant, requireGrant } from '../../domain/decision.ts';
import { failure } from '../../domain/errors.ts';
import {
  ANONYMOUS,
  isToken,
  type Principal,
  type SessionPrincipal,
  userIdOf,
} from '../../domain/principal.ts';
import type { Clock } from '../../platform/clock.ts';
import type { IdSource } from '../../platform/ids.ts';
import type { Executor } from '../../storage/database.ts';
import { insertAuditEvent } from '../../storage/repositories/audit-events.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Authentication } from '../access/authentication.ts';
import { authorize } from '../access/authorize.ts';
import type { Caller } from '../access/caller.ts';
import type { Events } from './events.ts';
import type { Transact } from './transact.ts';

/** What an audit row says beyond who did it, when and from where. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** The user whose account log shows it, where it concerns a personal thing. */
  readonly userId?: string | null;
  /** The workspace whose log shows it, where it concerns a workspace's thing. */
  readonly workspaceId?: string | null;
  /** The global id of what was acted on. */
  readonly targetId?: string | null;
  readonly detail?: AuditEvent['detail'];
  /** The actor if the call itself identifies the caller: sign-in, acceptance of an invitation. */
  readonly actorId?: string;
}

/** A change in progress: one transaction, which authorizes the caller and writes the audit events. */
export interface UnitOfWork {
  readonly tx: Executor;
  /** The instant of the change. */
  readonly now: number;
  readonly principal: Principal;
  /** The authorization of the call, with the rows that it loaded in this transaction. */
  readonly grant: Grant;
  readonly newId: IdSource;
  /** Writes an audit event. After the commit, the event `authority` is emitted, because permissions can have changed. */
  audit(entry: AuditEntry): Promise<void>;
  /** Calls `listener` after the commit; never after a rollback. */
  afterCommit(listener: () => void): void;
}

/** The one way to change anything. */
export interface UnitOfWorkRunner {
  /**
   * Runs work for a caller in one transaction. The transaction identifies and authorizes the caller itself, so that no
   * other change can come between the decision and the work. Resolves when all is stored. Throws the refusal.
   */
  run<T>(caller: Caller, request: AccessRequest, work: (uow: UnitOfWork) => Promise<T>): Promise<T>;
  /** Runs work for the operator, who is allowed to do everything; its audit events have no actor. */
  runAsOperator<T>(work: (uow: UnitOfWork) => Promise<T>): Promise<T>;
}

interface Actor {
  readonly principal: Principal;
  readonly grant: Grant;
  readonly address: string | null;
  readonly userAgent: string | null;
}

const OPERATOR: Actor = {
  principal: ANONYMOUS,
  grant: { allowed: true, role: 'OWNER', access: null, token: null },
  address: null,
  userAgent: null,
};

/** The session of the principal, who must be a signed-in person. Throws `UNAUTHENTICATED`. */
export function sessionOf(uow: UnitOfWork): SessionPrincipal {
  if (uow.principal.kind !== 'SESSION') throw failure('UNAUTHENTICATED');
  return uow.principal;
}

/** The unit of work over a database. */
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

  /** Runs work in one transaction and calls its listeners after the commit. */
  async function commit<T>(
    identify: (tx: Executor) => Promise<Actor>,
    work: (uow: UnitOfWork) => Promise<T>,
  ): Promise<T> {
    const listeners = new Set<() => void>();
    const result = await transact(async (tx) => {
      listeners.clear();
      return work(changeFor(tx, await identify(tx), listeners));
    });
    for (const listener of listeners) listener();
    return result;
  }

  function changeFor(tx: Executor, actor: Actor, listeners: Set<() => void>): UnitOfWork {
    const now = clock();
    const { principal, grant } = actor;
    return {
      tx,
      now,
      principal,
      grant,
      newId: ids,
      afterCommit: (listener) => void listeners.add(listener),
      audit: async (entry) => {
        listeners.add(emitAuthority);
        await insertAuditEvent(tx, {
          id: ids(),
          at: now,
          action: entry.action,
          userId: entry.userId ?? null,
          workspaceId: entry.workspaceId ?? null,
          actorKind: entry.actorId ? 'SESSION' : principal.kind === 'ANONYMOUS' ? null : principal.kind,
          actorId: entry.actorId ?? userIdOf(principal),
          actorTokenId: isToken(principal) ? principal.tokenId : null,
          targetId: entry.targetId ?? null,
          ip: actor.address,
          userAgent: actor.userAgent,
          detail: entry.detail ?? {},
        });
      },
    };
  }

  return {
    run(caller, request, work) {
      const change = () =>
        commit(async (tx) => {
          const principal = await authentication.reauthenticate(caller.credential, tx);
          const grant = requireGrant(await authorize(tx, principal, request, clock()));
          return { principal, grant, address: caller.address, userAgent: caller.userAgent };
        }, work);
      return caller.credential === null ? anonymousWork(change) : change();
    },
    runAsOperator: (work) => commit(async () => OPERATOR, work),
  };
}
