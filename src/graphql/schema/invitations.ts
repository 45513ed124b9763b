import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import type { IssuedInvitation } from '../../services/workspaces/invitations.ts';
import { builder } from '../builder.ts';
import { InvitationRef, UserRef, WorkspaceRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { RoleEnum } from './enums.ts';
import { memberPayload } from './members.ts';

const InvitationVoidReasonEnum = builder.enumType('InvitationVoidReason', {
  description: 'Why an invitation that has not expired can no longer be accepted.',
  values: {
    ADDRESS_RELEASED: {
      description: 'The operator took the address away from an unverified account. Invite the address again.',
    },
    INVITER_LOST_AUTHORITY: {
      description:
        'Its maker could not give this role now: no longer active, a member or of that role, or a token that was stopped. It can be accepted again if that changes.',
    },
  },
});

InvitationRef.implement({
  description: 'An open invitation into a workspace. Never its secret.',
  fields: (t) => ({
    id: t.id({ description: 'Opaque.', resolve: ({ id }) => toGlobalId('Invitation', id) }),
    email: t.expose('email', { type: 'EmailAddress', description: 'The only address that it works for.' }),
    role: t.expose('role', { type: RoleEnum, description: 'The role that the invited person joins with.' }),
    invitedBy: t.field({
      type: UserRef,
      nullable: true,
      description: 'Who invited; null once that user is gone, or where a workspace token did.',
      resolve: ({ invitedBy }, _args, { loaders }) =>
        invitedBy === null ? null : loaders.user.load(invitedBy),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was made.',
      resolve: (invitation) => new Date(invitation.createdAt),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it ends by itself.',
      resolve: (invitation) => new Date(invitation.expiresAt),
    }),
    voidReason: t.expose('voidReason', {
      type: InvitationVoidReasonEnum,
      nullable: true,
      description: 'Why it can no longer be accepted; null while it can.',
    }),
  }),
});

builder.objectField(WorkspaceRef, 'invitations', (t) =>
  t.field({
    type: [InvitationRef],
    description:
      'The invitations that can still be accepted, and those that became void before they expired, oldest first.',
    need: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.invitations.list(id),
  }),
);

const InviteMemberInput = builder.inputType('InviteMemberInput', {
  description: 'Whom to invite into a workspace.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'Into which workspace.' }),
    email: t.field({
      type: 'EmailAddress',
      required: true,
      description: 'The address, with an account or without.',
    }),
    role: t.field({ type: RoleEnum, required: true, description: "Up to the caller's own." }),
  }),
});

const InviteMemberPayload = builder.objectRef<IssuedInvitation>('InviteMemberPayload').implement({
  description: 'An invitation with its secret.',
  fields: (t) => ({
    invitation: t.expose('invitation', { type: InvitationRef, description: 'The invitation.' }),
    invitationSecret: t.exposeString('secret', {
      description: 'Shown once; whoever presents it joins with the invited role.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the invitation ends by itself.',
      resolve: ({ invitation }) => new Date(invitation.expiresAt),
    }),
  }),
});

const AcceptInvitationPayload = memberPayload('AcceptInvitationPayload');

const AcceptInvitationInput = builder.inputType('AcceptInvitationInput', {
  description: 'An invitation and, for somebody new, an account to make.',
  fields: (t) => ({
    secret: t.string({ required: true, description: 'The secret of the invitation.' }),
    name: t.string({
      description: 'For someone who has no account yet: 1 to 100 characters. Otherwise not looked at.',
    }),
    password: t.string({
      description: 'For someone who has no account yet: 12 to 256 characters. Otherwise not looked at.',
    }),
  }),
});

const RevokeInvitationInput = builder.inputType('RevokeInvitationInput', {
  description: 'Names an open invitation.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'Into which workspace.' }),
    id: t.id({ required: true, description: 'Which invitation.' }),
  }),
});

const RevokeInvitationPayload = builder.objectRef<{ id: string }>('RevokeInvitationPayload').implement({
  description: 'The invitation was taken back.',
  fields: (t) => ({
    revokedInvitationId: t.id({
      description: 'The id that the invitation had.',
      resolve: ({ id }) => toGlobalId('Invitation', id),
    }),
  }),
});

builder.mutationFields((t) => ({
  inviteMember: t.field({
    type: InviteMemberPayload,
    description:
      'Invites an address into a workspace for seven days, with a role up to the own. An open invitation of the same address ends.',
    need: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({ type: InviteMemberInput, required: true, description: 'Whom, and with which role.' }),
    },
    resolve: (_root, args, ctx, info) => {
      const request = { ...args.input, workspaceId: decodeGlobalId('Workspace', args.input.workspaceId) };
      return ctx.change(requirementOf(info, args), (uow) => ctx.services.invitations.invite(uow, request));
    },
  }),
  acceptInvitation: t.field({
    type: AcceptInvitationPayload,
    description:
      'Joins a workspace by invitation, once. Where the invited address has an account, only that person, signed in, may accept; otherwise the account is made.',
    need: { kind: 'person' },
    args: { input: t.arg({ type: AcceptInvitationInput, required: true, description: 'The invitation.' }) },
    resolve: async (_root, { input }, { services, caller }) => ({
      member: await services.invitations.accept(caller, input),
    }),
  }),
  revokeInvitation: t.field({
    type: RevokeInvitationPayload,
    description: 'Takes an open invitation back; nobody takes back one for a role above the own.',
    need: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.workspaceId' },
    args: { input: t.arg({ type: RevokeInvitationInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Invitation', args.input.id);
      await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.invitations.revoke(uow, decodeGlobalId('Workspace', args.input.workspaceId), id),
      );
      return { id };
    },
  }),
}));
