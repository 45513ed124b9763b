import { toGlobalId } from '../../domain/global-id.ts';
import type { IdSource } from '../../platform/ids.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import { findInstallationId, insertInstallationId } from '../../storage/repositories/installation.ts';
import { hasUsers, insertUser } from '../../storage/repositories/users.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { foundWorkspace } from '../workspaces/workspaces.ts';

const PASSWORD_LENGTH = 24;

/** The account that a fresh database starts with. */
export interface FirstOwner {
  readonly email: string;
  /** The generated password, which is returned only here; `null` if a password was given. */
  readonly password: string | null;
}

/**
 * Creates the first owner and the first workspace if there are no users; returns `null` otherwise. Generates a password
 * if none is given.
 */
export async function createFirstOwner(
  deps: { db: Executor; changes: UnitOfWorkRunner; passwords: PasswordHasher; secrets: SecretSource },
  wanted: { email: string; password: string | null },
): Promise<FirstOwner | null> {
  if (await hasUsers(deps.db)) return null;
  const password = wanted.password ?? deps.secrets.text(PASSWORD_LENGTH);
  const passwordHash = await deps.passwords.hash(password);
  const created = await deps.changes.runAsOperator(async (uow) => {
    if (await hasUsers(uow.tx)) return false;
    const stamps = { emailVerifiedAt: uow.now, createdAt: uow.now };
    const owner = { id: uow.newId(), email: wanted.email, name: 'Owner', ...stamps };
    await insertUser(uow.tx, { ...owner, passwordHash });
    await uow.audit({ action: 'user.created', userId: owner.id, targetId: toGlobalId('User', owner.id) });
    await foundWorkspace(uow, { name: 'Main', slug: 'main', ownerId: owner.id });
    return true;
  });
  return created ? { email: wanted.email, password: wanted.password === null ? password : null } : null;
}

/**
 * The id of the installation, which its first start makes. Of several servers that start on one database, all get the same.
 * Its first characters stand for it, so `ids` must make ids that are random from the first character on.
 */
export async function identifyInstallation({ db }: { db: Executor }, ids: IdSource): Promise<string> {
  const known = await findInstallationId(db);
  if (known !== null) return known;
  await insertInstallationId(db, ids());
  return identifyInstallation({ db }, ids);
}
