import { decodeGlobalId, toGlobalId } from '../../domain/global-id.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { WorkspaceRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { RoleEnum } from './enums.ts';

implementNode(WorkspaceRef, {
  description: 'What members, workspace tokens and channels belong to.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What people call it; need not be unique.' }),
    slug: t.exposeString('slug', {
      description: 'Unique; made from the first name, and kept when that changes.',
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
        "The caller's role here; null for one who has only a share. Of a personal token: its owner's role.",
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
  { type: WorkspaceRef, name: 'WorkspaceConnection', description: 'A stretch of a list of workspaces.' },
  { name: 'WorkspaceEdge', description: 'A workspace in a list.' },
);

const CreateWorkspaceInput = builder.inputType('CreateWorkspaceInput', {
  description: 'A new workspace.',
  fields: (t) => ({
    name: t.string({ required: true, description: '1 to 100 characters; need not be unique.' }),
  }),
});

const UpdateWorkspaceInput = builder.inputType('UpdateWorkspaceInput', {
  description: 'What to change in a workspace.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Which workspace.' }),
    name: t.string({ required: true, description: '1 to 100 characters; need not be unique.' }),
  }),
});

const DeleteWorkspaceInput = builder.inputType('DeleteWorkspaceInput', {
  description: 'Names a workspace to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Which workspace.' }) }),
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
  description: 'What was deleted.',
  fields: (t) => ({
    deletedWorkspaceId: t.id({
      description: 'The id that the workspace had.',
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
      'One workspace; null where it is absent, not visible to the caller, or closed by its policy.',
    need: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'id', lookup: true },
    args: { id: t.arg.id({ required: true, description: 'Which.' }) },
    resolve: (_root, { id }, { services, principal }) =>
      services.workspaces.find(principal, decodeGlobalId('Workspace', id)),
  }),
  workspaces: t.connection(
    {
      type: WorkspaceRef,
      cost: { units: LIST_UNITS },
      description: 'The workspaces that the caller may list, oldest first.',
      need: { kind: 'entity', operation: 'LIST', entityType: 'workspace', lookup: true },
      resolve: async (_root, page, { services, principal }) =>
        toConnection(await services.workspaces.list(principal, page)),
    },
    WorkspaceConnection,
  ),
}));

builder.mutationFields((t) => ({
  createWorkspace: t.field({
    type: CreateWorkspacePayload,
    description: 'Creates a workspace, whose Owner the caller becomes.',
    need: { kind: 'session' },
    args: { input: t.arg({ type: CreateWorkspaceInput, required: true, description: 'What it is called.' }) },
    resolve: async (_root, args, ctx, info) => ({
      workspace: await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.workspaces.create(uow, args.input.name),
      ),
    }),
  }),
  updateWorkspace: t.field({
    type: UpdateWorkspacePayload,
    description: 'Gives a workspace another name; its slug stays.',
    need: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.id' },
    args: {
      input: t.arg({ type: UpdateWorkspaceInput, required: true, description: 'Which, and its name.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Workspace', args.input.id);
      return {
        workspace: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.workspaces.rename(uow, id, args.input.name),
        ),
      };
    },
  }),
  deleteWorkspace: t.field({
    type: DeleteWorkspacePayload,
    description:
      'Deletes a workspace and all that belongs to it; its tokens are refused from the next request on.',
    need: { kind: 'role', role: 'OWNER', workspace: 'input.id' },
    args: { input: t.arg({ type: DeleteWorkspaceInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const id = decodeGlobalId('Workspace', args.input.id);
      await ctx.change(requirementOf(info, args), (uow) => ctx.services.workspaces.delete(uow, id));
      return { id };
    },
  }),
}));
