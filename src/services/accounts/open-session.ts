import { COMMAND_LINE_SESSION_LIFETIME } from '../../domain/accounts/device.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import type { Session, User } from '../../domain/user.ts';
import type { IssuedSecret } from '../../platform/secrets.ts';
import {
  deleteOldestSessions,
  insertSession,
  type SessionOrigin,
} from '../../storage/repositories/accounts/sessions.ts';
import { setSignedInAt } from '../../storage/repositories/accounts/users.ts';
import type { Caller } from '../access/caller.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** A new session with its secret, which is returned only here. */
export interface OpenedSession {
  readonly user: User;
  readonly secret: string;
  readonly expiresAt: number;
}

/** How a session is opened. */
export interface SessionOpening {
  readonly issued: IssuedSecret;
  readonly limits: Pick<Limits, 'sessionLifetime' | 'sessionsPerUser'>;
  /** When the person proved who they are. */
  readonly authenticatedAt: number;
  readonly from: Pick<Caller, 'address' | 'userAgent'>;
  /** The identity that the user signed in with, and its provider; `null` after a sign-in with a password. */
  readonly identity: (SessionOrigin & { readonly provider: string | null }) | null;
  /** Whether a link of the operator opens the session. */
  readonly byLink?: boolean;
  /** The name of the command line that the session is for; absent for a browser. */
  readonly commandLine?: string;
}

/** Ends the oldest sessions of a user who has too many, in favour of a new one. */
async function endOldest(uow: UnitOfWork, userId: string, newId: string, most: number): Promise<void> {
  for (const id of await deleteOldestSessions(uow.tx, userId, newId, most)) {
    await uow.audit({
      action: 'session.ended',
      userId,
      targetId: toGlobalId('Session', id),
      detail: { by: 'limit' },
    });
  }
}

/** Creates a session of a user, with its audit event. At the limit of the user, the oldest session ends. */
export async function openSession(
  uow: UnitOfWork,
  user: User,
  { issued, limits, from, authenticatedAt, identity, byLink, commandLine }: SessionOpening,
): Promise<OpenedSession> {
  const lifetime = commandLine === undefined ? limits.sessionLifetime : COMMAND_LINE_SESSION_LIFETIME;
  const session: Omit<Session, 'lastUsedAt'> = {
    id: uow.newId(),
    userId: user.id,
    createdAt: uow.now,
    expiresAt: uow.now + lifetime,
    ip: from.address,
    userAgent: from.userAgent,
    commandLine: commandLine ?? null,
  };
  await insertSession(uow.tx, {
    ...session,
    digest: issued.digest,
    authenticatedAt,
    identityId: identity?.identityId ?? null,
    providerSession: identity?.providerSession ?? null,
  });
  await endOldest(uow, user.id, session.id, limits.sessionsPerUser);
  await setSignedInAt(uow.tx, user.id, uow.now);
  await uow.audit({
    action: 'session.created',
    actorId: user.id,
    userId: user.id,
    targetId: toGlobalId('Session', session.id),
    detail: {
      ...(identity?.provider && { provider: identity.provider }),
      ...(byLink && { by: 'sign-in-link' }),
      ...(commandLine !== undefined && { client: commandLine }),
    },
  });
  return { user, secret: issued.secret, expiresAt: session.expiresAt };
}
