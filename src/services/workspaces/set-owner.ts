import { failure } from '../../domain/errors.ts';
import { parseEmail } from '../../domain/text.ts';
import { findUserByEmail } from '../../storage/repositories/accounts/users.ts';
import { findMember, insertMember, setMemberRole } from '../../storage/repositories/members.ts';
import { findWorkspacesBySlugs } from '../../storage/repositories/workspaces.ts';
import type { UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { auditMember } from './members.ts';

/**
 * Makes a user an Owner of a workspace, for the operator: a deactivation can leave a workspace without an active one. Returns
 * whether that changed anything. Throws `NOT_FOUND`, or `CONFLICT` if the user is deactivated.
 */
export function setOwner(changes: UnitOfWorkRunner, slug: string, email: string): Promise<boolean> {
  return changes.runAsOperator(async (uow) => {
    const [workspace] = await findWorkspacesBySlugs(uow.tx, [slug]);
    if (!workspace) throw failure('NOT_FOUND', 'No workspace has this slug.');
    const user = await findUserByEmail(uow.tx, parseEmail(email, ['email']));
    if (!user) throw failure('NOT_FOUND', 'No user has this email.');
    if (user.deactivatedAt !== null) throw failure('CONFLICT', 'The user is deactivated.');
    const key = { workspaceId: workspace.id, userId: user.id };
    const member = await findMember(uow.tx, key.workspaceId, key.userId);
    if (member?.role === 'OWNER') return false;
    if (member) {
      await setMemberRole(uow.tx, member, 'OWNER', []);
      await auditMember(uow, 'member.role_changed', key, { role: 'OWNER', before: member.role });
    } else {
      await insertMember(uow.tx, { ...key, role: 'OWNER', joinedAt: uow.now });
      await auditMember(uow, 'member.joined', key, { role: 'OWNER' });
    }
    return true;
  });
}
