import {
  amongChannels,
  amongWorkspaces,
  EXCEEDS_CALLER,
  NOT_FOUND,
  notWithAToken,
  onWorkspace,
  type Rank,
  reaches,
  recently,
  roleIn,
  signedIn,
  type Verdict,
  withRole,
} from '../../oracle.ts';
import { asLookUp, beneath, fixed, overWorkspaces, type Recipe, type Recipes } from '../cases.ts';
import type { Targets } from '../targets.ts';
import type { NamedCaller, World } from '../world.ts';

/** Workspaces, their fields, and the mutations that require a role in them. */
export function workspaceRecipes(world: World, { invitations }: Targets): Recipes {
  const { facts, workspaces } = world;
  const may =
    (role: Rank) =>
    ({ who }: NamedCaller, id: string) =>
      withRole(facts, who, role, id);
  const gated = (role: Rank, args: (id: string) => object): Recipe => ({
    cases: overWorkspaces(world, (id) => ({ input: args(id) }), may(role)),
  });
  const sensitive = (role: Rank, args: (id: string) => object): Recipe => ({
    cases: overWorkspaces(
      world,
      (id) => ({ input: args(id) }),
      (caller, id) => recently(caller.who, may(role)(caller, id)),
    ),
  });
  const giving = (role: Rank) => (caller: NamedCaller, id: string) => {
    const verdict = may('WORKSPACE_MANAGER')(caller, id);
    if (verdict !== 'allowed') return verdict;
    const confirmed = reaches(role, 'ADMINISTRATOR') ? recently(caller.who, verdict) : verdict;
    const own = roleIn(facts, caller.who, id) as Rank;
    return confirmed === 'allowed' && !reaches(own, role) ? EXCEEDS_CALLER : confirmed;
  };
  const inside = (field: (caller: NamedCaller, id: string) => Verdict): Recipe => ({
    scope: ['workspace', 'READ'],
    via: 'workspace',
    cases: overWorkspaces(
      world,
      (id) => ({ id }),
      (caller, id) => beneath(onWorkspace(facts, caller.who, 'READ', id), () => field(caller, id)),
    ),
  });
  const read = overWorkspaces(
    world,
    (id) => ({ id }),
    ({ who }, id) => onWorkspace(facts, who, 'READ', id),
    (entityId) => ({ operation: 'READ', entityType: 'workspace', entityId }),
  );
  return {
    'Query.workspace': { scope: ['workspace', 'READ'], cases: asLookUp(read) },
    'Query.workspaces': {
      scope: ['workspace', 'LIST'],
      cases: [
        fixed('all', {}, ({ who }) => amongWorkspaces(who), { operation: 'LIST', entityType: 'workspace' }),
      ],
    },
    'Workspace.members': inside(() => 'allowed'),
    'Workspace.groupRoles': inside(() => 'allowed'),
    'Workspace.tokenPolicy': inside(() => 'allowed'),
    'Workspace.tokenPolicyImpact': inside(may('ADMINISTRATOR')),
    'Workspace.entityTypes': inside(() => 'allowed'),
    'Workspace.channels': inside(({ who }, id) => amongChannels(who, id)),
    'Workspace.tokens': inside(may('VIEWER')),
    'Workspace.tokenSummary': inside(may('VIEWER')),
    'Workspace.invitations': inside(may('WORKSPACE_MANAGER')),
    'Workspace.auditEvents': inside(may('ADMINISTRATOR')),
    'Mutation.endSubject': gated('ADMINISTRATOR', (workspaceId) => ({ workspaceId, subject: 'unknown' })),
    'Mutation.createWorkspace': {
      cases: [fixed('a new one', { input: { name: 'New' } }, ({ who }) => signedIn(who))],
    },
    'Mutation.createWorkspaceToken': {
      cases: (['VIEWER', 'ADMINISTRATOR'] as const).flatMap((role) =>
        overWorkspaces(world, (workspaceId) => ({ input: { workspaceId, name: 'new', role } }), giving(role)),
      ),
    },
    'Mutation.updateWorkspace': gated('WORKSPACE_MANAGER', (id) => ({ id, name: 'renamed' })),
    'Mutation.updateTokenPolicy': sensitive('ADMINISTRATOR', (workspaceId) => ({
      workspaceId,
      requireExpiry: true,
    })),
    'Mutation.registerEntityType': gated('ADMINISTRATOR', (workspaceId) => ({
      workspaceId,
      name: 'invoice',
      operations: [{ name: 'READ' }],
    })),
    'Mutation.unregisterEntityType': gated('ADMINISTRATOR', (workspaceId) => ({
      workspaceId,
      name: 'ticket',
    })),
    'Mutation.setGroupRole': sensitive('OWNER', (workspaceId) => ({
      ...{ workspaceId, provider: 'corp', group: 'engineering', role: 'ADMINISTRATOR' },
    })),
    'Mutation.removeGroupRole': {
      cases: overWorkspaces(
        world,
        (workspaceId) => ({ input: { workspaceId, provider: 'corp', group: 'unmapped' } }),
        (caller, id) => {
          const verdict = recently(caller.who, may('OWNER')(caller, id));
          return verdict === 'allowed' ? NOT_FOUND : verdict;
        },
      ),
    },
    'Mutation.deleteWorkspace': sensitive('OWNER', (id) => ({ id })),
    'Mutation.inviteMember': {
      cases: (['VIEWER', 'OWNER'] as const).flatMap((role) =>
        overWorkspaces(
          world,
          (workspaceId) => ({ input: { workspaceId, email: 'else@example.com', role } }),
          (caller, id) => {
            const verdict = may('WORKSPACE_MANAGER')(caller, id);
            const own = roleIn(facts, caller.who, id);
            if (verdict !== 'allowed' || role !== 'OWNER') return verdict;
            const confirmed = recently(caller.who, verdict);
            if (confirmed !== 'allowed') return confirmed;
            return own === 'OWNER' ? notWithAToken(caller.who) : EXCEEDS_CALLER;
          },
        ),
      ),
    },
    'Mutation.revokeInvitation': gated('WORKSPACE_MANAGER', (workspaceId) => ({
      workspaceId,
      id: invitations.get(workspaceId) ?? invitations.get(workspaces.home),
    })),
  };
}
