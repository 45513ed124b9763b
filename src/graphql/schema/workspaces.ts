import { toGlobalId } from '../../domain/global-id.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { WorkspaceRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { RoleEnum } from './enums.ts';

implementNode(WorkspaceRef, {
  description: 'A group of members, workspace tokens and channels.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The display name; not unique.' }),
    slug: t.exposeString('slug', {
      description:
        'A unique name for URLs, derived from the first name of the workspace. It does not change when the workspace is renamed.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was created.',
      resolve: (workspace) => new Date(workspace.createdAt),
    }),
    viewerRole: t.field({
      type: RoleEnum,
      nullable: true,
      description:
        "The caller's role in the workspace; null if the caller has only a share. For a personal token, the role of its owner.",
      resolve: ({ id: workspaceId }, _args, { principal, loaders }) => {
        if (principal.kind === 'WORKSPACE_TOKEN') {
          return principal.workspaceId === workspaceId ? principal.role : null;
        }
        return loaders.role.load(workspaceId);
      },
    }),
  }),
});

const WorkspaceConnection = builder.connectionObject(
  { type: WorkspaceRef, name: 'WorkspaceConnection', description: 'A page of workspaces.' },
  { name: 'WorkspaceEdge', description: 'A workspace in a list.' },
);

const CreateWorkspaceInput = builder.inputType('CreateWorkspaceInput', {
  description: 'A workspace to create.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
  }),
});

const UpdateWorkspaceInput = builder.inputType('UpdateWorkspaceInput', {
  description: 'A workspace to rename.',
  fields: (t) => ({
    id: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
    name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
  }),
});

const DeleteWorkspaceInput = builder.inputType('DeleteWorkspaceInput', {
  description: 'A workspace to delete.',
  fields: (t) => ({
    id: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
  }),
});

/** Returns the payload type of a mutation that makes or changes a workspace. */
export function workspacePayload(name: `${string}Payload`) {
  return builder.objectRef<{ workspace: Workspace }>(name).implement({
    description: 'The workspace after the change.',
    fields: (t) => ({
      workspace: t.expose('workspace', { type: WorkspaceRef, description: 'The workspace.' }),
    }),
  });
}

const CreateWorkspacePayload = workspacePayload('CreateWorkspacePayload');
const UpdateWorkspacePayload = workspacePayload('UpdateWorkspacePayload');

const DeleteWorkspacePayload = builder.objectRef<{ id: string }>('DeleteWorkspacePayload').implement({
  description: 'The result of the deletion.',
  fields: (t) => ({
    deletedWorkspaceId: t.id({
      description: 'The id of the deleted workspace.',
      resolve: ({ id }) => toGlobalId('Workspace', id),
    }),
  }),
});

/** The workspaces of a person are put in order first; there may be a thousand. */
const LIST_UNITS = 300;

builder.queryFields((t) => ({
  workspace: t.field({
    type: WorkspaceRef,
    nullable: true,
    description:
      'A workspace by id; null if it does not exist, is not visible to the caller, or its policy refuses the caller.',
    requires: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'id', lookup: true },
    args: { id: t.arg.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }) },
    resolve: (_root, { id }, { services, principal }) => services.workspaces.find(principal, id),
  }),
  workspaces: t.connection(
    {
      type: WorkspaceRef,
      cost: { units: LIST_UNITS },
      description: 'The workspaces that the caller is allowed to list, oldest first.',
      requires: { kind: 'entity', operation: 'LIST', entityType: 'workspace', lookup: true },
      resolve: async (_root, page, { services, principal }) =>
        toConnection(await services.workspaces.list(principal, page)),
    },
    WorkspaceConnection,
  ),
}));

builder.mutationFields((t) => ({
  createWorkspace: t.field({
    type: CreateWorkspacePayload,
    description: 'Creates a workspace. The caller becomes its Owner.',
    requires: { kind: 'session' },
    args: {
      input: t.arg({ type: CreateWorkspaceInput, required: true, description: 'The workspace to create.' }),
    },
    resolve: async (_root, args, ctx, info) => ({
      workspace: await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.workspaces.create(uow, args.input.name),
      ),
    }),
  }),
  updateWorkspace: t.field({
    type: UpdateWorkspacePayload,
    description: 'Renames a workspace. The slug does not change.',
    requires: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.id' },
    args: {
      input: t.arg({
        type: UpdateWorkspaceInput,
        required: true,
        description: 'The workspace and its new name.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const id = args.input.id;
      return {
        workspace: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.workspaces.rename(uow, id, args.input.name),
        ),
      };
    },
  }),
  deleteWorkspace: t.field({
    type: DeleteWorkspacePayload,
    description: 'Deletes a workspace and everything in it. Its tokens are refused from the next request on.',
    requires: { kind: 'role', role: 'OWNER', workspace: 'input.id' },
    args: {
      input: t.arg({ type: DeleteWorkspaceInput, required: true, description: 'The workspace to delete.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const id = args.input.id;
      await ctx.change(requirementOf(info, args), (uow) => ctx.services.workspaces.delete(uow, id));
      return { id };
    },
  }),
}));
