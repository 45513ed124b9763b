import type { Executor } from '../database.ts';

/** The time, address and user agent of a use of a token or session. */
export interface CredentialUse {
  readonly credentialId: string;
  readonly at: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Stores the last uses of credentials. An earlier use never replaces a later one. */
export async function saveUses(db: Executor, uses: readonly CredentialUse[]): Promise<void> {
  if (uses.length === 0) return;
  await db
    .insertInto('credential_uses')
    .values(
      uses.map((use) => ({
        credential_id: use.credentialId,
        at: use.at,
        ip: use.ip,
        user_agent: use.userAgent,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .column('credential_id')
        .doUpdateSet((eb) => ({
          at: eb.ref('excluded.at'),
          ip: eb.ref('excluded.ip'),
          user_agent: eb.ref('excluded.user_agent'),
        }))
        .whereRef('credential_uses.at', '<=', 'excluded.at'),
    )
    .execute();
}
