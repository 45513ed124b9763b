import {
  hasVerifiedEmail,
  type IdentityProvider,
  isInDomains,
} from '../../domain/accounts/identity-provider.ts';
import { scimFailure } from '../../domain/scim/failure.ts';
import type { DirectoryUser, StatedUser } from '../../domain/scim/user.ts';
import { setSubject } from '../../storage/repositories/accounts/directory-users.ts';
import { findIdentity } from '../../storage/repositories/accounts/identities.ts';
import {
  findUserByEmail,
  setEmail,
  setEmailVerifiedAt,
  setName,
} from '../../storage/repositories/accounts/users.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** Throws `invalidValue` if the provider does not let people with an address in. */
export function requireDomain(provider: IdentityProvider, email: string): void {
  if (provider.domains.length > 0 && !isInDomains(provider, { email })) {
    throw scimFailure('invalidValue', 'userName is not in a domain of the provider.');
  }
}

/** Returns whether an address from a directory counts as verified. A directory does not say, so the provider must be trusted. */
export function isVerifiedBy(provider: IdentityProvider, email: string): boolean {
  return hasVerifiedEmail(provider, { email, emailVerified: null });
}

/** Throws `uniqueness` if an account has an address. */
export async function requireFreeEmail(uow: UnitOfWork, email: string): Promise<void> {
  if (await findUserByEmail(uow.tx, email)) {
    throw scimFailure('uniqueness', 'An account has this userName already.');
  }
}

async function changeEmail(
  uow: UnitOfWork,
  provider: IdentityProvider,
  userId: string,
  email: string,
): Promise<void> {
  requireDomain(provider, email);
  await requireFreeEmail(uow, email);
  await setEmail(uow.tx, userId, email);
  if (isVerifiedBy(provider, email)) await setEmailVerifiedAt(uow.tx, userId, uow.now);
}

async function changeSubject(
  uow: UnitOfWork,
  { id: provider }: IdentityProvider,
  { id }: DirectoryUser,
  subject: string,
): Promise<void> {
  if (await findIdentity(uow.tx, { provider, subject })) {
    throw scimFailure('uniqueness', 'This externalId is linked to an account already.');
  }
  await setSubject(uow.tx, id, subject);
}

/**
 * Stores the subject, the address and the name that a directory states about a person. Throws `uniqueness` if another account has
 * the subject or the address, or `invalidValue` if the provider does not let people with the address in.
 */
export async function applyValues(
  uow: UnitOfWork,
  provider: IdentityProvider,
  account: DirectoryUser,
  { externalId, email, name = account.name }: StatedUser,
): Promise<void> {
  const { userId } = account;
  if (externalId !== account.externalId) await changeSubject(uow, provider, account, externalId);
  if (email !== account.email) await changeEmail(uow, provider, userId, email);
  if (name !== account.name) await setName(uow.tx, userId, name);
  const detail = {
    ...(externalId !== account.externalId && { subject: externalId, subjectBefore: account.externalId }),
    ...(email !== account.email && { email, emailBefore: account.email }),
    ...(name !== account.name && { name, nameBefore: account.name }),
  };
  if (Object.keys(detail).length === 0) return;
  await auditUser(uow, 'user.updated', userId, { provider: provider.id, ...detail });
}
