import { toGlobalId } from '../../domain/global-id.ts';
import type { Workspace } from '../../domain/workspace.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { type MutationPayload, mutation } from '../mutation.ts';
import { WorkspaceRef } from '../refs.ts';
import { RoleEnum } from './enums.ts';

implementNode(WorkspaceRef, {
  description: 'A group of members, workspace tokens and channels.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The display name; not unique.' }),
    slug: t.exposeString('slug', {
      description:
        'A unique name for URLs, derived from the original name of the workspace. It does not change when the workspace is renamed.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the workspace was created.',
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
  { name: 'WorkspaceEdge', description: 'A workspace and its cursor.' },
);

/** The query sorts all workspaces of the caller, which can be a thousand. */
const LIST_UNITS = 300;

builder.queryFields((t) => ({
  workspace: t.field({
    type: WorkspaceRef,
    nullable: true,
    description:
      'A workspace by id; null if it does not exist, is not visible to the caller, or its token policy refuses the caller.',
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

/** The payload of a mutation that creates or changes a workspace. */
export const workspacePayload: MutationPayload<{ workspace: Workspace }> = {
  description: 'The workspace after the change.',
  fields: (t) => ({
    workspace: t.expose('workspace', { type: WorkspaceRef, description: 'The workspace.' }),
  }),
};

mutation('createWorkspace', {
  description: 'Creates a workspace. The caller becomes its Owner.',
  requires: { kind: 'session' },
  input: {
    description: 'The workspace to create.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
    }),
  },
  run: async (uow, { name }, { services }) => ({ workspace: await services.workspaces.create(uow, name) }),
  locks: ({ name }, { services }) => services.workspaces.locksToCreate(name),
  payload: workspacePayload,
});

mutation('updateWorkspace', {
  description: 'Renames a workspace. The slug does not change.',
  requires: { kind: 'role', role: 'WORKSPACE_MANAGER', workspace: 'input.id' },
  input: {
    description: 'The workspace and its new name.',
    fields: (t) => ({
      id: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      name: t.string({ required: true, description: 'The name, 1 to 100 characters; not unique.' }),
    }),
  },
  run: async (uow, { id, name }, { services }) => ({
    workspace: await services.workspaces.rename(uow, id, name),
  }),
  payload: workspacePayload,
});

mutation('deleteWorkspace', {
  description: 'Deletes a workspace and everything in it. Its tokens are refused from the next request on.',
  requires: { kind: 'role', role: 'OWNER', workspace: 'input.id', reauthentication: true },
  input: {
    description: 'The workspace to delete.',
    fields: (t) => ({
      id: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
    }),
  },
  run: async (uow, { id }, { services }) => {
    await services.workspaces.delete(uow, id);
    return { id };
  },
  payload: {
    description: 'The deleted workspace.',
    fields: (t) => ({
      deletedWorkspaceId: t.id({
        description: 'The id of the deleted workspace.',
        resolve: ({ id }) => toGlobalId('Workspace', id),
      }),
    }),
  },
});
