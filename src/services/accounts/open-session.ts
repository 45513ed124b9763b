import { toGlobalId } from '../../domain/global-id.ts';
import type { Session, User } from '../../domain/user.ts';
import type { IssuedSecret } from '../../platform/secrets.ts';
import { insertSession, type SessionOrigin } from '../../storage/repositories/accounts/sessions.ts';
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
  /** In milliseconds. */
  readonly lifetime: number;
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

/** Creates a session of a user, with its audit event. */
export async function openSession(
  uow: UnitOfWork,
  user: User,
  { issued, lifetime, from, authenticatedAt, identity, byLink, commandLine }: SessionOpening,
): Promise<OpenedSession> {
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
