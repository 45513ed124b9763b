import DataLoader, { type BatchLoadFn } from 'dataloader';
import { type Principal, userIdOf } from '../domain/principal.ts';
import type { Role } from '../domain/roles.ts';
import type { TokenScope } from '../domain/scopes.ts';
import type { Token } from '../domain/token.ts';
import type { User } from '../domain/user.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services/services.ts';
import { type Budget, PRICE } from './budget.ts';

/** Loads values by key. Keys that are requested in the same turn of the event loop are looked up together. */
type Loader<Value> = Pick<DataLoader<string, Value>, 'load'>;

/** Loads what belongs to objects that the caller is already allowed to read. Nothing is cached between batches. */
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

/** The number of keys in a statement, which bounds its rows and its parameters. */
const KEYS_A_STATEMENT = 100;
/** A token has up to 64 scopes. */
const SCOPED_TOKENS_A_STATEMENT = 20;

/** Finds values by key; the map lacks the keys that were not found. */
type Find<Value> = (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;

/** Looks each key up once, in statements of bounded size between which other requests have their turn. */
async function findInSteps<Value>(
  keys: readonly string[],
  find: Find<Value>,
  step: number,
  budget: Budget,
): Promise<(Value | null)[]> {
  // What was found is resolved in one turn, once for each key.
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

/** Returns a loader that is created at its first use: most operations use one loader or none. */
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
