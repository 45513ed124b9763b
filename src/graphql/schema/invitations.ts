import { toGlobalId } from '../../domain/global-id.ts';
import { builder } from '../builder.ts';
import { mutation } from '../mutation.ts';
import { InvitationRef, UserRef, WorkspaceRef } from '../refs.ts';
import { RoleEnum } from './enums.ts';
import { memberPayload } from './members.ts';

const InvitationVoidReasonEnum = builder.enumType('InvitationVoidReason', {
  description: 'Why an invitation that has not expired can no longer be accepted.',
  values: {
    ADDRESS_RELEASED: {
      description: 'The operator released the address from an unverified account. Invite the address again.',
    },
    INVITER_LOST_AUTHORITY: {
      description:
        'The inviter can no longer give this role: the user is inactive, has left the workspace or has a lower role, or the token no longer works. The invitation becomes valid again if that changes.',
    },
  },
});

InvitationRef.implement({
  description: 'A pending invitation to a workspace, without its secret.',
  fields: (t) => ({
    id: t.id({ description: 'The opaque id.', resolve: ({ id }) => toGlobalId('Invitation', id) }),
    email: t.expose('email', {
      type: 'EmailAddress',
      description: 'The invited address. The invitation works for no other.',
    }),
    role: t.expose('role', { type: RoleEnum, description: 'The role that the invited person joins with.' }),
    invitedBy: t.field({
      type: UserRef,
      nullable: true,
      description:
        'The user that created the invitation; null if a workspace token created it or the user was deleted.',
      resolve: ({ invitedBy }, _args, { loaders }) =>
        invitedBy === null ? null : loaders.user.load(invitedBy),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the invitation was created.',
      resolve: (invitation) => new Date(invitation.createdAt),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the invitation expires.',
      resolve: (invitation) => new Date(invitation.expiresAt),
    }),
    voidReason: t.expose('voidReason', {
      type: InvitationVoidReasonEnum,
      nullable: true,
      description: 'Why the invitation can no longer be accepted; null while it can.',
    }),
  }),
});

builder.objectField(WorkspaceRef, 'invitations', (t) =>
  t.field({
    type: [InvitationRef],
    description:
      'The invitations that can be accepted, and those that became void before they expired, oldest first.',
    requires: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.invitations.list(id),
  }),
);

mutation('inviteMember', {
  description:
    "Invites an address to a workspace for seven days, with a role up to the caller's own. Replaces a pending invitation of the same address.",
  requires: {
    kind: 'role',
    role: 'WORKSPACE_MANAGER',
    workspace: 'input.workspaceId',
    reauthentication: { from: 'OWNER', role: 'input.role' },
  },
  input: {
    description: 'The address to invite and its role.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      email: t.field({
        type: 'EmailAddress',
        required: true,
        description: 'The address. It does not need to have an account.',
      }),
      role: t.field({
        type: RoleEnum,
        required: true,
        description: "The role to give; at most the caller's own.",
      }),
    }),
  },
  run: (uow, input, { services }) => services.invitations.invite(uow, input),
  payload: {
    description: 'An invitation with its secret.',
    fields: (t) => ({
      invitation: t.expose('invitation', { type: InvitationRef, description: 'The invitation.' }),
      invitationSecret: t.exposeString('secret', {
        description:
          'The secret of the invitation, shown once. It lets the invited person join with the invited role.',
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'When the invitation expires.',
        resolve: ({ invitation }) => new Date(invitation.expiresAt),
      }),
    }),
  },
});

mutation('acceptInvitation', {
  description:
    'Accepts an invitation and joins the workspace. If the invited address has an account, its user must be signed in; otherwise the account is created. Each invitation can be accepted once.',
  requires: { kind: 'person' },
  input: {
    description: 'The invitation to accept and, for a new user, the account to create.',
    fields: (t) => ({
      secret: t.string({ required: true, description: 'The secret of the invitation.' }),
      name: t.string({
        description:
          'The name of the new account, 1 to 100 characters. Ignored if the address has an account.',
      }),
      password: t.string({
        description:
          'The password of the new account, 12 to 256 characters. Ignored if the address has an account.',
      }),
    }),
  },
  resolve: async (input, { services, caller }) => ({
    member: await services.invitations.accept(caller, input),
  }),
  payload: memberPayload,
});

mutation('revokeInvitation', {
  description:
    'Revokes a pending invitation. The caller cannot revoke an invitation for a role above their own.',
  requires: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.workspaceId' },
  input: {
    description: 'The invitation to revoke.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      id: t.id({ for: 'Invitation', required: true, description: 'The id of the invitation.' }),
    }),
  },
  run: async (uow, { workspaceId, id }, { services }) => {
    await services.invitations.revoke(uow, workspaceId, id);
    return { id };
  },
  payload: {
    description: 'The revoked invitation.',
    fields: (t) => ({
      revokedInvitationId: t.id({
        description: 'The id of the revoked invitation.',
        resolve: ({ id }) => toGlobalId('Invitation', id),
      }),
    }),
  },
});
