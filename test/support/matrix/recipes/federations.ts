import { NOT_FOUND, onWorkspace, recently, signedIn, type Verdict, withRole } from '../../oracle.ts';
import { beneath, type Case, fixed, overWorkspaces, type Recipe, type Recipes } from '../cases.ts';
import type { Targets } from '../targets.ts';
import type { NamedCaller, World } from '../world.ts';

/** Federations: an Administrator sees them, and only a recent session of one changes them. */
export function federationRecipes(world: World, { federations }: Targets): Recipes {
  const { facts, workspaces } = world;
  const administers = ({ who }: NamedCaller, id: string) => withRole(facts, who, 'ADMINISTRATOR', id);
  const inside: Recipe = {
    scope: ['workspace', 'READ'],
    via: 'workspace',
    cases: overWorkspaces(
      world,
      (id) => ({ id }),
      (caller, id) => beneath(onWorkspace(facts, caller.who, 'READ', id), () => administers(caller, id)),
    ),
  };
  const inSession = ({ who }: NamedCaller, then: () => Verdict): Verdict => {
    const first = signedIn(who);
    return first === 'allowed' ? recently(who, then()) : first;
  };
  // Who does not see a federation learns nothing about it.
  const hidden = (verdict: Verdict) => (verdict === 'allowed' ? verdict : NOT_FOUND);
  const overFederations = (args: (id: string) => object): Case[] =>
    [...federations].map(([workspaceId, id]) =>
      fixed(`of ${workspaceId}`, { input: args(id) }, (caller) =>
        inSession(caller, () => hidden(administers(caller, workspaceId))),
      ),
    );
  const claims = [{ name: 'repository_owner', value: 'acme' }];
  const issuer = 'https://token.actions.githubusercontent.com';
  return {
    'Workspace.federations': inside,
    'Workspace.federationOptions': inside,
    'Mutation.createFederation': {
      cases: overWorkspaces(
        world,
        (workspaceId) => ({ input: { workspaceId, name: 'ci', issuer, claims, role: 'VIEWER' } }),
        (caller, id) => inSession(caller, () => administers(caller, id)),
      ),
    },
    'Mutation.updateFederation': { cases: overFederations((id) => ({ id, name: 'renamed' })) },
    'Mutation.deleteFederation': {
      cases: [
        ...overFederations((id) => ({ id })),
        fixed('of a workspace', { input: { id: workspaces.home } }, (caller) =>
          inSession(caller, () => NOT_FOUND),
        ),
      ],
    },
  };
}
