import type { PasswordSignIn } from '../../domain/accounts/passwords.ts';
import type { IdSource } from '../../platform/ids.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import { findUserByEmail, hasUsers, insertUser } from '../../storage/repositories/accounts/users.ts';
import { findInstallationId, insertInstallationId } from '../../storage/repositories/installation.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { insertWorkspaceWithOwner } from '../workspaces/workspaces.ts';

const PASSWORD_LENGTH = 24;

/** The first account of a new database. */
export interface FirstOwner {
  readonly email: string;
  /** The generated password, which is returned only here; `null` if a password was given or no one uses passwords. */
  readonly password: string | null;
}

const NAME_LENGTH = 100;

/** Returns a name for the first owner from the email, without a tag: `ada.lovelace+postern@…` gives `Ada Lovelace`. */
function nameFrom(email: string): string {
  const words = (email.split(/[+@]/, 1)[0] ?? '').split(/[^a-z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join(' ');
  return name.slice(0, NAME_LENGTH).trim() || 'Owner';
}

/** Returns whether an email has an account. */
export async function hasAccount(db: Executor, email: string): Promise<boolean> {
  return (await findUserByEmail(db, email)) !== null;
}

/**
 * Creates the first owner, a local account, and the first workspace if there are no users; returns `null` otherwise. Generates
 * a password if none is given and passwords are used; the owner then has to choose another one before doing anything else.
 */
export async function createFirstOwner(
  deps: { db: Executor; changes: UnitOfWorkRunner; passwords: PasswordHasher; secrets: SecretSource },
  requested: { email: string; password: string | null; passwordSignIn: PasswordSignIn },
): Promise<FirstOwner | null> {
  if (await hasUsers(deps.db)) return null;
  const isGenerated = requested.password === null && requested.passwordSignIn !== 'off';
  const password = isGenerated ? deps.secrets.text(PASSWORD_LENGTH) : requested.password;
  const passwordHash = password === null ? null : await deps.passwords.hash(password);
  const created = await deps.changes.runAsOperator(async (uow) => {
    if (await hasUsers(uow.tx)) return false;
    const stamps = { emailVerifiedAt: uow.now, createdAt: uow.now };
    const owner = { id: uow.newId(), email: requested.email, name: nameFrom(requested.email), ...stamps };
    await insertUser(uow.tx, { ...owner, passwordHash, isTemporary: isGenerated, isLocal: true });
    await auditUser(uow, 'user.created', owner.id);
    await insertWorkspaceWithOwner(uow, { name: 'Main', slug: 'main', ownerId: owner.id });
    return true;
  });
  return created ? { email: requested.email, password: isGenerated ? password : null } : null;
}

/**
 * Returns the id of the installation and creates it on the first start. All servers of a database get the same id.
 * Callers abbreviate the id to its first characters, so `ids` must return ids that are random from the first character
 * on.
 */
export async function identifyInstallation({ db }: { db: Executor }, ids: IdSource): Promise<string> {
  const existing = await findInstallationId(db);
  if (existing !== null) return existing;
  await insertInstallationId(db, ids());
  return identifyInstallation({ db }, ids);
}
