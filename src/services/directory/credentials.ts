import type { IdentityProvider } from '../../domain/accounts/identity-provider.ts';
import { failure } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import {
  deleteScimCredentials,
  findScimCredential,
  hasScimCredential,
  insertScimCredential,
  retireScimCredential,
} from '../../storage/repositories/accounts/scim-credentials.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { DirectoryCaller } from './caller.ts';

/** Manages the credentials of directories, and identifies directories by them. */
export interface DirectoryCredentialService {
  /** Creates the credential of a provider; returns its secret. Throws `CONFLICT` if the provider has one. */
  create(provider: string): Promise<string>;
  /**
   * Replaces the credential of a provider; returns the new secret. The old one works for `overlap` milliseconds, and one that was
   * replaced before no longer. Throws `NOT_FOUND` if the provider has no credential.
   */
  rotate(provider: string, overlap: number): Promise<string>;
  /** Revokes the credentials of a provider; returns whether it had one. */
  revoke(provider: string): Promise<boolean>;
  /** Returns the directory of a digest. Throws `INVALID_TOKEN` if there is none, or its provider is no longer configured. */
  authenticate(digest: string): Promise<Pick<DirectoryCaller, 'provider' | 'credentialId' | 'digest'>>;
}

/** Returns the service of the credentials of directories. */
export function createDirectoryCredentialService(deps: {
  db: Executor;
  clock: Clock;
  changes: UnitOfWorkRunner;
  secrets: SecretSource;
  providers: readonly IdentityProvider[];
}): DirectoryCredentialService {
  const { db, clock, changes, secrets, providers } = deps;

  async function store(
    uow: UnitOfWork,
    provider: string,
    action: 'directory.credential_created' | 'directory.credential_rotated',
  ): Promise<string> {
    const { secret, digest } = secrets.issue('DIRECTORY');
    await insertScimCredential(uow.tx, { id: uow.newId(), provider, digest, createdAt: uow.now });
    await uow.audit({ action, detail: { provider } });
    return secret;
  }

  return {
    create: (provider) =>
      changes.runAsOperator(async (uow) => {
        if (await hasScimCredential(uow.tx, provider)) {
          throw failure('CONFLICT', `${provider} has a SCIM credential already: rotate or revoke it.`);
        }
        return store(uow, provider, 'directory.credential_created');
      }),

    rotate: (provider, overlap) =>
      changes.runAsOperator(async (uow) => {
        if (!(await retireScimCredential(uow.tx, provider, uow.now + overlap))) {
          throw failure('NOT_FOUND', `${provider} has no SCIM credential: create one.`);
        }
        return store(uow, provider, 'directory.credential_rotated');
      }),

    revoke: (provider) =>
      changes.runAsOperator(async (uow) => {
        if ((await deleteScimCredentials(uow.tx, provider)) === 0) return false;
        await uow.audit({ action: 'directory.credential_revoked', detail: { provider } });
        return true;
      }),

    async authenticate(digest) {
      const credential = await findScimCredential(db, digest, clock());
      const provider = providers.find(({ id }) => id === credential?.provider);
      if (!credential || !provider) throw failure('INVALID_TOKEN');
      return { provider, credentialId: credential.id, digest };
    },
  };
}
