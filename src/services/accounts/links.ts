import { failure } from '../../domain/errors.ts';
import { parseEmail } from '../../domain/text.ts';
import type { User } from '../../domain/user.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import {
  findResetLink,
  findUser,
  findUserByEmail,
  type LinkPurpose,
  type ResetLink,
  replaceResetLink,
} from '../../storage/repositories/accounts/users.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** A link of the operator with which a user sets a new password or signs in, with its secret, which is returned only here. */
export interface IssuedLink {
  readonly user: User;
  readonly secret: string;
  readonly expiresAt: number;
}

const ACTIONS = { RESET: 'user.reset_link_created', SIGN_IN: 'user.sign_in_link_created' } as const;

/** Returns the user with an email. Throws `NOT_FOUND` if there is none, or `CONFLICT` if the user is deactivated. */
export async function findActiveUser(db: Executor, email: string): Promise<User & { isLocal: boolean }> {
  const user = await findUserByEmail(db, parseEmail(email, ['email']));
  if (!user) throw failure('NOT_FOUND', 'No user has this email.');
  if (user.deactivatedAt !== null) throw failure('CONFLICT', 'The user is deactivated.');
  return user;
}

/** Issues a link for a user, which replaces an earlier one of either kind. `lifetime` is in milliseconds. */
export async function issueLink(
  uow: UnitOfWork,
  user: User,
  secrets: SecretSource,
  { lifetime, ...kind }: { purpose: LinkPurpose; keepsTokens: boolean; lifetime: number },
): Promise<IssuedLink> {
  const { secret, digest } = secrets.issue('RESET');
  const expiresAt = uow.now + lifetime;
  await replaceResetLink(uow.tx, { userId: user.id, ...kind, digest, createdAt: uow.now, expiresAt });
  await auditUser(uow, ACTIONS[kind.purpose], user.id, { expiresAt: new Date(expiresAt).toISOString() });
  return { user, secret, expiresAt };
}

/** Returns the link of a digest with its user. Throws `NOT_FOUND` if it does not work. */
export async function claimLink(
  { tx, now }: UnitOfWork,
  digest: string,
  purpose: LinkPurpose,
): Promise<{ readonly link: ResetLink; readonly user: User }> {
  const link = await findResetLink(tx, digest, purpose, now);
  const user = link && (await findUser(tx, link.userId));
  if (!link || !user || user.deactivatedAt !== null) throw failure('NOT_FOUND');
  return { link, user };
}
