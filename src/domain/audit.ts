import type { PrincipalKind } from './principal.ts';

/** The actions that the audit log records. */
export const AUDIT_ACTIONS = [
  'session.created',
  'session.refused',
  'session.throttled',
  'session.ended',
  'session.reauthenticated',
  'device.approved',
  'device.denied',
  'user.created',
  'user.updated',
  'user.deactivated',
  'user.reactivated',
  'user.password_changed',
  'user.reset_link_created',
  'user.reset_link_revoked',
  'user.sign_in_link_created',
  'user.email_verified',
  'user.email_released',
  'user.identity_linked',
  'user.identity_unlinked',
  'token.created',
  'token.imported',
  'token.updated',
  'token.regenerated',
  'token.overlap_ended',
  'token.disabled',
  'token.enabled',
  'token.revoked',
  'token.deleted',
  'token.many_revoked',
  'token.many_deleted',
  'token.scopes_added',
  'token.scopes_removed',
  'workspace.created',
  'workspace.updated',
  'workspace.deleted',
  'workspace.policy_updated',
  'workspace.group_role_set',
  'workspace.group_role_removed',
  'member.invited',
  'member.invitation_revoked',
  'member.invitation_voided',
  'member.joined',
  'member.role_changed',
  'member.removed',
  'channel.created',
  'channel.updated',
  'channel.deleted',
  'channel.shared',
  'channel.unshared',
  'entity_type.registered',
  'entity_type.unregistered',
  'federation.created',
  'federation.updated',
  'federation.deleted',
  'directory.credential_created',
  'directory.credential_rotated',
  'directory.credential_revoked',
  'directory.mass_deactivation',
  'database.restored',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** One row of the log. It outlives its target, so its detail contains names in addition to ids. */
export interface AuditEvent {
  readonly id: string;
  readonly at: number;
  readonly action: AuditAction;
  /** The user whose account log contains the event. */
  readonly userId: string | null;
  /** The workspace whose log contains the event. */
  readonly workspaceId: string | null;
  /** `null` for an anonymous caller. */
  readonly actorKind: PrincipalKind | null;
  readonly actorId: string | null;
  readonly actorTokenId: string | null;
  /** The global id of the target. */
  readonly targetId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** What changed, by public names. Never a secret. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Who or what caused an event. */
export type AuditActor = Pick<AuditEvent, 'actorKind' | 'actorId' | 'actorTokenId' | 'ip' | 'userAgent'>;

/** A row of the log as it is read: its detail stays JSON until a field requests it. */
export interface AuditRecord extends Omit<AuditEvent, 'detail'> {
  readonly detailJson: string;
}
