import type { AuditAction } from '../../domain/audit.ts';
import type { Federation } from '../../domain/federation/federation.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { deleteFederations } from '../../storage/repositories/federation/federations.ts';
import { deleteTokensOfGrant } from '../tokens/descendants.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';

/** Writes an audit event about a federation into the log of its workspace. */
export async function auditFederation(
  uow: UnitOfWork,
  action: Extract<AuditAction, `federation.${string}`>,
  { id, workspaceId, name, issuer }: Federation,
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await uow.audit({
    action,
    workspaceId,
    targetId: toGlobalId('Federation', id),
    detail: { name, issuer, ...detail },
  });
}

/** Deletes federations. Their tokens are refused from the next request on. */
export async function endFederations(uow: UnitOfWork, federations: readonly Federation[]): Promise<void> {
  await deleteFederations(
    uow.tx,
    federations.map(({ id }) => id),
  );
  for (const federation of federations) {
    await auditFederation(uow, 'federation.deleted', federation);
    await deleteTokensOfGrant(uow, federation);
  }
}
