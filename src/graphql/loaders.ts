import DataLoader, { type BatchLoadFn } from 'dataloader';
import type { GroupRole } from '../domain/accounts/groups.ts';
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

/** Loads objects that are related to objects that the caller is allowed to read. Nothing is cached between batches. */
export interface Loaders {
  readonly user: Loader<User | null>;
  readonly token: Loader<Token | null>;
  readonly workspace: Loader<Workspace | null>;
  /** The parent of a token; `null` if it is not visible to the caller. */
  readonly parent: Loader<Token | null>;
  readonly scopes: Loader<readonly TokenScope[]>;
  /** When the overlap of a token ends, also if it has ended; `null` if it has no old secret. */
  readonly overlapEnd: Loader<number | null>;
  /** The role of the calling user in a workspace. */
  readonly role: Loader<Role | null>;
  /** The roles that a member has by groups, by the ids of the workspace and the user with a space between. */
  readonly groupRoles: Loader<readonly GroupRole<Role>[]>;
}

/** The maximum number of keys in a statement, which bounds its rows and parameters. */
const KEYS_PER_STATEMENT = 100;
/** The maximum number of tokens in a statement that reads scopes: a token has up to 64. */
const SCOPED_TOKENS_PER_STATEMENT = 20;

/** Returns the values of keys. The map omits the keys that do not exist. */
type Find<Value> = (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;

/**
 * Returns the values of keys in order. Looks each distinct key up once, in statements of `step` keys; other requests
 * can run in between.
 */
async function findInSteps<Value>(
  keys: readonly string[],
  find: Find<Value>,
  step: number,
  budget: Budget,
): Promise<(Value | null)[]> {
  // DataLoader resolves all keys in one turn of the event loop, so let other requests run first.
  const turn = budget.pace(keys.length * PRICE.object);
  if (turn) await turn;
  const distinct = [...new Set(keys)];
  const found = new Map<string, Value>();
  for (let start = 0; start < distinct.length; start += step) {
    const batch = distinct.slice(start, start + step);
    const pause = budget.take(batch.length);
    if (pause) await pause;
    for (const [key, value] of await find(batch)) found.set(key, value);
  }
  return keys.map((key) => found.get(key) ?? null);
}

/** Returns a loader that is created at its first use, because most operations use at most one. */
function lazy<Value>(load: BatchLoadFn<string, Value>): Loader<Value> {
  let loader: DataLoader<string, Value> | undefined;
  return {
    load(key) {
      loader ??= new DataLoader(load, { cache: false });
      return loader.load(key);
    },
  };
}

/**
 * Returns the loaders of one operation. They have no cache, so that a mutation field sees the changes of earlier ones.
 */
export function createLoaders(
  { lookups, tokens, groupRoles }: Services,
  budget: Budget,
  caller: () => Principal,
): Loaders {
  const loader = <Value>(find: Find<Value>, step = KEYS_PER_STATEMENT) =>
    lazy<Value | null>((keys) => findInSteps(keys, find, step, budget));
  const ofMembers = loader((keys) => groupRoles.listOfMembers(keys));
  const scopes = loader(lookups.scopes, SCOPED_TOKENS_PER_STATEMENT);
  return {
    user: loader(lookups.users),
    token: loader(lookups.tokens),
    workspace: loader(lookups.workspaces),
    parent: loader((ids) => tokens.findParents(caller(), ids)),
    scopes: { load: async (id) => (await scopes.load(id)) ?? [] },
    overlapEnd: loader(lookups.overlapEnds),
    groupRoles: { load: async (key) => (await ofMembers.load(key)) ?? [] },
    role: loader(async (ids) => {
      const userId = userIdOf(caller());
      return userId === null ? new Map() : lookups.roles(userId, ids);
    }),
  };
}
