import {
  hasVerifiedEmail,
  type Identity,
  type IdentityProvider,
  isAdmitted,
  type ProviderPerson,
} from '../../domain/accounts/identity-provider.ts';
import type { Reason } from '../../domain/errors.ts';
import { toName } from '../../domain/text.ts';
import type { User } from '../../domain/user.ts';
import type { Executor } from '../../storage/database.ts';
import { findIdentity, insertIdentity } from '../../storage/repositories/accounts/identities.ts';
import { findUser, findUserByEmail, insertUser } from '../../storage/repositories/accounts/users.ts';
import { hasOpenInvitation } from '../../storage/repositories/invitations.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** The account of a person at a provider, or why there is none for them. */
export type Admission =
  | { readonly user: User; readonly identity: Identity; readonly reason: null }
  | { readonly user: User | null; readonly identity: null; readonly reason: Reason };

function refused(reason: Reason, user: User | null = null): Admission {
  return { user, identity: null, reason };
}

/** When an identity was last used, and the user that the call itself identifies, as in `AuditEntry`. */
interface Linking {
  readonly lastUsedAt: number | null;
  readonly actorId?: string;
}

/** Links a person at a provider, who is not linked, to an account. `locksToLink` of the person must be held. */
export async function storeIdentity(
  uow: UnitOfWork,
  userId: string,
  { provider, subject }: Pick<ProviderPerson, 'provider' | 'subject'>,
  { lastUsedAt, actorId }: Linking,
): Promise<Identity> {
  const identity = { id: uow.newId(), userId, provider, subject, linkedAt: uow.now, lastUsedAt };
  await insertIdentity(uow.tx, identity);
  await auditUser(uow, 'user.identity_linked', userId, { provider, subject }, actorId);
  return identity;
}

/** A person without an account, as a sign-in at a provider or a directory states them. */
interface NewPerson extends Pick<ProviderPerson, 'provider' | 'subject' | 'name'> {
  readonly email: string;
  readonly isVerified: boolean;
}

/** Creates the account of a person, linked to their identity. At a sign-in, the person is the actor. */
export async function createLinkedAccount(
  uow: UnitOfWork,
  { email, isVerified, name, ...person }: NewPerson,
  by: 'provider' | 'directory',
): Promise<{ readonly user: User; readonly identity: Identity }> {
  const localPart = email.slice(0, email.lastIndexOf('@'));
  const user = {
    id: uow.newId(),
    email,
    emailVerifiedAt: isVerified ? uow.now : null,
    name: name ?? toName(localPart, 'Unnamed'),
    createdAt: uow.now,
  };
  await insertUser(uow.tx, { ...user, passwordHash: null });
  const linking = by === 'provider' ? { lastUsedAt: uow.now, actorId: user.id } : { lastUsedAt: null };
  const detail = { by, provider: person.provider, emailVerified: isVerified };
  await auditUser(uow, 'user.created', user.id, detail, linking.actorId);
  const identity = await storeIdentity(uow, user.id, person, linking);
  return { user: { ...user, deactivatedAt: null }, identity };
}

/** Returns why a person without an account gets none by the provider's settings; `null` if they get one. */
export async function refusalToProvision(
  db: Executor,
  provider: IdentityProvider,
  person: ProviderPerson,
  now: number,
): Promise<Reason | null> {
  const { email } = person;
  // Without an address there is nothing to name the account by.
  if (email === null) return provider.provisioning === 'on' ? 'DOMAIN' : 'NOT_INVITED';
  const isVerified = hasVerifiedEmail(provider, person);
  const holder = await findUserByEmail(db, email);
  // An address that anyone can state must not reveal which accounts exist.
  if (holder && (isVerified || provider.provisioning === 'on')) return 'ACCOUNT_EXISTS';
  const isInvited =
    provider.provisioning === 'invited' && isVerified && (await hasOpenInvitation(db, email, now));
  return provider.provisioning === 'on' || isInvited ? null : 'NOT_INVITED';
}

/** Creates the account of a person without one if the provider's settings allow it. */
async function provision(
  uow: UnitOfWork,
  provider: IdentityProvider,
  person: ProviderPerson,
): Promise<Admission> {
  const refusal = await refusalToProvision(uow.tx, provider, person, uow.now);
  if (refusal !== null || person.email === null) return refused(refusal ?? 'NOT_INVITED');
  const { subject, email, name } = person;
  const isVerified = hasVerifiedEmail(provider, person);
  const newPerson = { provider: person.provider, subject, email, name, isVerified };
  return { ...(await createLinkedAccount(uow, newPerson, 'provider')), reason: null };
}

/**
 * Returns the account of a person at a provider. An account is found by the identity alone and never by its address.
 * Creates it if the provider's settings allow that. `locksToLink` of the person must be held.
 */
export async function admit(
  uow: UnitOfWork,
  provider: IdentityProvider,
  person: ProviderPerson,
): Promise<Admission> {
  const identity = await findIdentity(uow.tx, person);
  const user = identity && (await findUser(uow.tx, identity.userId));
  if (!isAdmitted(provider, person)) return refused('DOMAIN', user);
  if (!identity || !user) return provision(uow, provider, person);
  return user.deactivatedAt === null ? { user, identity, reason: null } : refused('DEACTIVATED', user);
}
