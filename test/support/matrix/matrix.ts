import { startTestApp } from '../app.ts';
import { openTestSqlite } from '../database.ts';
import { AUDIENCE, startJwtIssuer } from '../jwt-issuer.ts';
import {
  createCallers,
  createInvalidCredentials,
  createScopedCallers,
  everyScope,
  type InvalidCredential,
  reauthenticate,
} from './callers.ts';
import type { Recipes } from './cases.ts';
import { ENVIRONMENT, openResettable, type Resettable } from './cells.ts';
import { createInvalidJwts, createJwtCallers } from './jwts.ts';
import { createRecipes } from './recipes.ts';
import { createTargets } from './targets.ts';
import { closeWorkspaces, createWorld, type NamedCaller } from './world.ts';

/** The parts of the authority matrix. */
export interface Matrix {
  readonly recipes: Recipes;
  /** The callers of a field: everyone and, if it requires a scope, the tokens around that scope. */
  callersOf(path: string): readonly NamedCaller[];
  readonly invalid: readonly InvalidCredential[];
  readonly postern: Resettable;
}

/** Builds the world once, and opens a Postern on it that can be reset. */
export async function createMatrix(): Promise<Matrix> {
  // The matrix serializes and restores its database. Only SQLite can do that, so it uses SQLite in every test run.
  const database = openTestSqlite();
  const issuer = await startJwtIssuer();
  const environment = {
    ...ENVIRONMENT,
    POSTERN_OIDC_CORP_ISSUER: issuer.issuer,
    POSTERN_OIDC_CORP_AUDIENCE: AUDIENCE,
  };
  const postern = await startTestApp(environment, database);
  const world = await createWorld(postern);
  const targets = await createTargets(world);
  const everyone = await createCallers(world);
  const scoped = new Map<string, NamedCaller[]>();
  for (const [type, operation] of everyScope()) {
    scoped.set(
      `${type} ${operation}`,
      await createScopedCallers(world, type, operation, targets.tokens.sibling),
    );
  }
  const invalid = await createInvalidCredentials(world);
  await reauthenticate(world);
  everyone.push(...(await createJwtCallers(world, issuer)));
  invalid.push(...(await createInvalidJwts(world, issuer)));
  await closeWorkspaces(world);
  const recipes = createRecipes(world, targets);
  const bytes = database.connection.serialize();
  await postern.close();
  const resettable = await openResettable(bytes, postern.now(), environment);
  return {
    recipes,
    callersOf: (path) => [...everyone, ...(scoped.get(recipes[path]?.scope?.join(' ') ?? '') ?? [])],
    invalid,
    postern: {
      ...resettable,
      get services() {
        return resettable.services;
      },
      async close() {
        await resettable.close();
        await issuer.close();
      },
    },
  };
}
