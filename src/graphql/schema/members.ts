import { toGlobalId } from '../../domain/global-id.ts';
import type { User } from '../../domain/user.ts';
import type { Member, Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { type MutationPayload, mutation } from '../mutation.ts';
import { MemberRef, UserRef, WorkspaceRef } from '../refs.ts';
import { RoleEnum } from './enums.ts';

MemberRef.implement({
  description: 'A user as a member of a workspace.',
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'The user.',
      resolve: async ({ userId }, _args, { loaders }) => (await loaders.user.load(userId)) as User,
    }),
    role: t.expose('role', { type: RoleEnum, description: 'The role of the member.' }),
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
      description: 'The members of the workspace, in the order in which they joined.',
      requires: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
      resolve: async ({ id }, page, { services }) => toConnection(await services.members.list(id, page)),
    },
    { name: 'MemberConnection', description: 'A page of members.' },
    { name: 'MemberEdge', description: 'A member and its cursor.' },
  ),
);

/** The payload of a mutation that creates or changes a member. */
export const memberPayload: MutationPayload<{ member: Member }> = {
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
};

mutation('updateMemberRole', {
  description:
    'Changes the role of a member. The caller cannot give a role above their own or change a member above them. A lower role also removes what was shared with the member. A workspace always has an Owner. A token that appoints or removes an Owner is refused: FORBIDDEN with SESSION_REQUIRED.',
  requires: {
    kind: 'role',
    role: 'ADMINISTRATOR',
    workspace: 'input.workspaceId',
    reauthentication: { from: 'OWNER', role: 'input.role', member: 'input.userId' },
  },
  input: {
    description: 'The member and the new role.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      userId: t.id({ for: 'User', required: true, description: "The id of the member's user." }),
      role: t.field({
        type: RoleEnum,
        required: true,
        description: "The role to give; at most the caller's own.",
      }),
    }),
  },
  run: async (uow, { workspaceId, userId, role }, { services }) => ({
    member: await services.members.changeRole(uow, workspaceId, userId, role),
  }),
  payload: memberPayload,
});

mutation('removeMember', {
  description:
    "Removes a member whose role is not above the caller's, or leaves the workspace. A workspace always has an Owner. A token that removes an Owner is refused: FORBIDDEN with SESSION_REQUIRED.",
  requires: {
    kind: 'role',
    role: 'ADMINISTRATOR',
    workspace: 'input.workspaceId',
    orSelf: 'input.userId',
    reauthentication: { from: 'OWNER', member: 'input.userId' },
  },
  input: {
    description: 'The member to remove.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      userId: t.id({
        for: 'User',
        required: true,
        description: "The id of the member's user; pass your own id to leave.",
      }),
      revokeCreated: t.boolean({
        required: true,
        defaultValue: false,
        description:
          'Also revokes the workspace tokens and deletes the federations that the member created in this workspace; workspace.tokens lists the tokens by createdBy. Requires an Administrator whose role is at least that of each of them. By default they keep working, including for the removed member.',
      }),
    }),
  },
  run: async (uow, { workspaceId, userId, revokeCreated }, { services }) => {
    await services.members.remove(uow, workspaceId, userId, revokeCreated);
    return { userId };
  },
  payload: {
    description: 'The removed member.',
    fields: (t) => ({
      removedUserId: t.id({
        description: "The id of the removed member's user.",
        resolve: ({ userId }) => toGlobalId('User', userId),
      }),
    }),
  },
});
