import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import type { User } from '../../domain/user.ts';
import type { Member, Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { MemberRef, UserRef, WorkspaceRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { RoleEnum } from './enums.ts';

MemberRef.implement({
  description: "A user's place in a workspace.",
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'Who it is.',
      resolve: async ({ userId }, _args, { loaders }) => (await loaders.user.load(userId)) as User,
    }),
    role: t.expose('role', { type: RoleEnum, description: 'What the user may do there.' }),
    joinedAt: t.field({
      type: 'DateTime',
      description: 'When the user became a member.',
      resolve: (member) => new Date(member.joinedAt),
    }),
  }),
});

builder.objectField(WorkspaceRef, 'members', (t) =>
  t.connection(
    {
      type: MemberRef,
      description: 'Who belongs to the workspace; who joined first comes first.',
      need: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
      resolve: async ({ id }, page, { services }) => toConnection(await services.members.list(id, page)),
    },
    { name: 'MemberConnection', description: 'A stretch of a list of members.' },
    { name: 'MemberEdge', description: 'A member in a list.' },
  ),
);

const UpdateMemberRoleInput = builder.inputType('UpdateMemberRoleInput', {
  description: 'A new role for a member.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'In which workspace.' }),
    userId: t.id({ required: true, description: 'Whose role.' }),
    role: t.field({ type: RoleEnum, required: true, description: "Up to the caller's own." }),
  }),
});

const RemoveMemberInput = builder.inputType('RemoveMemberInput', {
  description: 'Names a member to remove.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'From which workspace.' }),
    userId: t.id({ required: true, description: 'Whom; oneself to leave.' }),
    revokeCreated: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'Also revokes the workspace tokens that the member made here; workspace.tokens lists them by createdBy. Takes an Administrator whose role is not below that of any of them. Left out, they go on working, also in the hands of the member.',
    }),
  }),
});

/** Returns the payload type of a mutation that makes or changes a member. */
export function memberPayload(name: `${string}Payload`) {
  return builder.objectRef<{ member: Member }>(name).implement({
    description: 'The member after the change.',
    fields: (t) => ({
      member: t.expose('member', { type: MemberRef, description: 'The member.' }),
      workspace: t.field({
        type: WorkspaceRef,
        description: 'The workspace of the member.',
        resolve: async ({ member }, _args, { loaders }) =>
          (await loaders.workspace.load(member.workspaceId)) as Workspace,
      }),
    }),
  });
}

const UpdateMemberRolePayload = memberPayload('UpdateMemberRolePayload');

const RemoveMemberPayload = builder.objectRef<{ userId: string }>('RemoveMemberPayload').implement({
  description: 'Who was removed.',
  fields: (t) => ({
    removedUserId: t.id({
      description: 'The id of the user who is no member any more.',
      resolve: ({ userId }) => toGlobalId('User', userId),
    }),
  }),
});

builder.mutationFields((t) => ({
  updateMemberRole: t.field({
    type: UpdateMemberRolePayload,
    description:
      'Gives a member another role, up to the own; nobody changes that of a member above. With a lower role, what was shared with the member goes. A workspace always keeps an Owner, and no token makes or unmakes one: FORBIDDEN with SESSION_REQUIRED.',
    need: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({ type: UpdateMemberRoleInput, required: true, description: 'Who, and which role.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const { workspaceId, userId, role } = args.input;
      return {
        member: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.members.changeRole(
            uow,
            decodeGlobalId('Workspace', workspaceId),
            decodeGlobalId('User', userId),
            role,
          ),
        ),
      };
    },
  }),
  removeMember: t.field({
    type: RemoveMemberPayload,
    description:
      'Takes a member out of a workspace, nobody above the own role; or leaves it. A workspace always keeps an Owner, and no token removes one: FORBIDDEN with SESSION_REQUIRED.',
    need: {
      kind: 'role',
      role: 'ADMINISTRATOR',
      workspace: 'input.workspaceId',
      orSelf: 'input.userId',
    },
    args: { input: t.arg({ type: RemoveMemberInput, required: true, description: 'Whom, from where.' }) },
    resolve: async (_root, args, ctx, info) => {
      const workspaceId = decodeGlobalId('Workspace', args.input.workspaceId);
      const userId = decodeGlobalId('User', args.input.userId);
      await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.members.remove(uow, workspaceId, userId, args.input.revokeCreated),
      );
      return { userId };
    },
  }),
}));
