import { withACredential } from '../oracle.ts';
import { fixed, type Recipes } from './cases.ts';
import { accountRecipes } from './recipes/account.ts';
import { channelRecipes } from './recipes/channels.ts';
import { federationRecipes } from './recipes/federations.ts';
import { memberRecipes } from './recipes/members.ts';
import { nodeRecipe } from './recipes/node.ts';
import { ownTokenRecipes, tokenRecipes } from './recipes/tokens.ts';
import { workspaceRecipes } from './recipes/workspaces.ts';
import type { Targets } from './targets.ts';
import type { World } from './world.ts';

/** How the matrix calls every field, and the verdicts of the permission model, by the field's path. */
export function createRecipes(world: World, targets: Targets): Recipes {
  return {
    'Query.viewer': { cases: [fixed('itself', {}, ({ who }) => withACredential(who))] },
    'Query.node': nodeRecipe(world, targets),
    ...accountRecipes(world, targets),
    ...tokenRecipes(world, targets),
    ...ownTokenRecipes(),
    ...workspaceRecipes(world, targets),
    ...federationRecipes(world, targets),
    ...memberRecipes(world),
    ...channelRecipes(world, targets),
  };
}
