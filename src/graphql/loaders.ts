import DataLoader, { type BatchLoadFn } from 'dataloader';
import { type Principal, userIdOf } from '../domain/principal.ts';
import type { Role } from '../domain/roles.ts';
import type { TokenScope } from '../domain/scopes.ts';
import type { Token } from '../domain/token.ts';
import type { User } from '../domain/user.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services/services.ts';
import { type Budget, PRICE } from './budget.ts';

/** Looks things up by their keys, all that are asked for at once together. */
type Loader<Value> = Pick<DataLoader<string, Value>, 'load'>;

/** Batches the look-ups of what hangs on objects that the caller holds already. Nothing is kept between batches. */
export interface Loaders {
  readonly user: Loader<User | null>;
  readonly token: Loader<Token | null>;
  readonly workspace: Loader<Workspace | null>;
  /** The parent of a token; `null` if the caller may not see it. */
  readonly parent: Loader<Token | null>;
  readonly scopes: Loader<readonly TokenScope[]>;
  /** The role of the calling user in a workspace. */
  readonly role: Loader<Role | null>;
}

/** So many keys go into a statement: what it reads is bounded, and so is the number of its parameters. */
const KEYS_A_STATEMENT = 100;
/** A token has up to 64 scopes. */
const SCOPED_TOKENS_A_STATEMENT = 20;

/** Finds values by their keys as texts, in no order; what is absent is left out. */
type Find<Value> = (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;

/** Looks each key up once, in statements of bounded size between which other requests have their turn. */
async function findInSteps<Value>(
  keys: readonly string[],
  find: Find<Value>,
  step: number,
  budget: Budget,
): Promise<(Value | null)[]> {
  // What was found is worked off in one go, and for each key.
  const turn = budget.pace(keys.length * PRICE.object);
  if (turn) await turn;
  const distinct = [...new Set(keys)];
  const found = new Map<string, Value>();
  for (let start = 0; start < distinct.length; start += step) {
    const some = distinct.slice(start, start + step);
    const pause = budget.take(some.length);
    if (pause) await pause;
    for (const [key, value] of await find(some)) found.set(key, value);
  }
  return keys.map((key) => found.get(key) ?? null);
}

/** A loader that is made when it is first used: most operations use one of them, or none. */
function lazy<Value>(load: BatchLoadFn<string, Value>): Loader<Value> {
  let made: DataLoader<string, Value> | undefined;
  return {
    load(key) {
      made ??= new DataLoader(load, { cache: false });
      return made.load(key);
    },
  };
}

/** The loaders of one operation. Without a cache: a later field of a mutation must see what an earlier one changed. */
export function createLoaders(
  { lookups, tokens }: Services,
  budget: Budget,
  caller: () => Principal,
): Loaders {
  const loader = <Value>(find: Find<Value>, step = KEYS_A_STATEMENT) =>
    lazy<Value | null>((keys) => findInSteps(keys, find, step, budget));
  const scopes = loader(lookups.scopes, SCOPED_TOKENS_A_STATEMENT);
  return {
    user: loader(lookups.users),
    token: loader(lookups.tokens),
    workspace: loader(lookups.workspaces),
    parent: loader((ids) => tokens.findParents(caller(), ids)),
    scopes: { load: async (id) => (await scopes.load(id)) ?? [] },
    role: loader(async (ids) => {
      const userId = userIdOf(caller());
      return userId === null ? new Map() : lookups.roles(userId, ids);
    }),
  };
}
