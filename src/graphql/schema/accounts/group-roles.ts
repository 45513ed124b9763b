import type { GroupRole } from '../../../domain/accounts/groups.ts';
import type { Role } from '../../../domain/roles.ts';
import type { Workspace } from '../../../domain/workspace.ts';
import type { RunPart } from '../../../services/workspaces/group-roles.ts';
import { builder } from '../../builder.ts';
import type { Context } from '../../context.ts';
import { type MutationPayload, mutation } from '../../mutation.ts';
import { MemberRef, WorkspaceRef } from '../../refs.ts';
import { RoleEnum } from '../enums.ts';

const GroupRoleRef = builder.objectRef<GroupRole<Role>>('GroupRole').implement({
  description: 'A role that the people in a group of an identity provider have in a workspace.',
  fields: (t) => ({
    provider: t.exposeString('provider', { description: 'The name of the provider in the configuration.' }),
    group: t.exposeString('group', { description: 'The group, exactly as the provider writes it.' }),
    role: t.expose('role', { type: RoleEnum, description: 'The role, at most ADMINISTRATOR.' }),
  }),
});

builder.objectField(WorkspaceRef, 'groupRoles', (t) =>
  t.field({
    type: [GroupRoleRef],
    description: 'The roles of groups in the workspace, by provider and group.',
    requires: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.groupRoles.list(id),
  }),
);

builder.objectFields(MemberRef, (t) => ({
  directRole: t.field({
    type: RoleEnum,
    nullable: true,
    description: 'The role that was given to the member directly; null for a member by groups alone.',
    resolve: ({ directRole }) => directRole,
  }),
  groupRoles: t.field({
    type: [GroupRoleRef],
    cost: { isBatched: true },
    description: 'The roles that the member has by their groups.',
    resolve: ({ workspaceId, userId }, _args, { loaders }) =>
      loaders.groupRoles.load(`${workspaceId} ${userId}`),
  }),
}));

/** Returns what runs the parts of a change of the calling Owner. */
function partsOf({ change }: Context, access: Parameters<Context['change']>[0]): RunPart {
  return (work, locks) => change(access, work, { locks });
}

const payload: MutationPayload<{ workspaceId: string }> = {
  description: 'The workspace after the change.',
  fields: (t) => ({
    workspace: t.field({
      type: WorkspaceRef,
      nullable: true,
      description: 'The workspace.',
      resolve: async ({ workspaceId }, _args, { loaders }) =>
        (await loaders.workspace.load(workspaceId)) as Workspace,
    }),
  }),
};

mutation('setGroupRole', {
  description:
    'Gives the people in a group of an identity provider a role in the workspace, in place of the role of the group before. It applies to everyone in the group from the next request on. A member has the higher of this role and the direct one.',
  requires: { kind: 'role', role: 'OWNER', workspace: 'input.workspaceId', reauthentication: true },
  input: {
    description: 'The group and its role.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      provider: t.string({ required: true, description: 'The name of the provider in the configuration.' }),
      group: t.string({
        required: true,
        description: 'The group, exactly as the provider writes it; one that the operator allows.',
      }),
      role: t.field({ type: RoleEnum, required: true, description: 'At most ADMINISTRATOR.' }),
    }),
  },
  resolve: async ({ role, ...target }, context, access) => {
    await context.services.groupRoles.set(partsOf(context, access), target, role);
    return target;
  },
  payload,
});

mutation('removeGroupRole', {
  description:
    'Takes the role of a group away. Members who have no other role leave the workspace with the next request.',
  requires: { kind: 'role', role: 'OWNER', workspace: 'input.workspaceId', reauthentication: true },
  input: {
    description: 'The group.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      provider: t.string({ required: true, description: 'The name of the provider in the configuration.' }),
      group: t.string({ required: true, description: 'The group, exactly as the provider writes it.' }),
    }),
  },
  resolve: async (target, context, access) => {
    await context.services.groupRoles.remove(partsOf(context, access), target);
    return target;
  },
  payload,
});
