import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import SchemaBuilder from '@pothos/core';
import RelayPlugin, {
  type DefaultConnectionArguments,
  type ResolveCursorConnectionArgs,
  resolveCursorConnection,
} from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import Database from 'better-sqlite3';
import { createYoga } from 'graphql-yoga';
import { Kysely, type Selectable, SqliteDialect } from 'kysely';
import type { Tables } from '../../src/storage/tables.ts';
import { reportServer } from '../measured.ts';

// The viewer and the token list of Postern's schema, written as the documentation of Yoga, Pothos and Kysely shows it, on a
// database file of Postern: FILE [--no-body-limit]. Only the last use of a token is not recorded.
const [file = '', ...flags] = process.argv.slice(2);
const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database(file) }) });

type TokenRow = Selectable<Tables['tokens']>;
type ListedToken = TokenRow & { last_used_at: number | null };

interface Caller {
  readonly token: TokenRow;
  /** The entity types on which it can READ or LIST. */
  readonly readable: ReadonlySet<string>;
}

interface Context {
  readonly caller: Caller | null;
}

async function identify(request: Request): Promise<Caller | null> {
  const [, secret] = /^Bearer (.+)$/.exec(request.headers.get('authorization') ?? '') ?? [];
  if (!secret) return null;
  const digest = createHash('sha256').update(secret).digest('hex');
  const now = Date.now();
  const token = await db
    .selectFrom('token_secrets as secret')
    .innerJoin('tokens', 'tokens.id', 'secret.token_id')
    .innerJoin('users', 'users.id', 'tokens.owner_id')
    .selectAll('tokens')
    .where('secret.digest', '=', digest)
    .where((eb) => eb.or([eb('secret.valid_until', 'is', null), eb('secret.valid_until', '>', now)]))
    .where((eb) => eb.or([eb('tokens.expires_at', 'is', null), eb('tokens.expires_at', '>', now)]))
    .where('tokens.revoked_at', 'is', null)
    .where('tokens.disabled_at', 'is', null)
    .where('users.deactivated_at', 'is', null)
    .executeTakeFirst();
  if (!token) return null;
  const scopes = await db.selectFrom('token_scopes').selectAll().where('token_id', '=', token.id).execute();
  return { token, readable: new Set(scopes.map(({ entity_type }) => entity_type)) };
}

const builder = new SchemaBuilder<{
  Context: Context;
  AuthScopes: { authenticated: boolean; readable: string };
  Objects: { Viewer: Caller; Token: ListedToken };
  Scalars: { ID: { Input: string; Output: string } };
}>({
  plugins: [ScopeAuthPlugin, RelayPlugin],
  scopeAuth: {
    authScopes: ({ caller }) => ({
      authenticated: caller !== null,
      readable: (entityType) => caller?.readable.has(entityType) ?? false,
    }),
  },
  relay: { cursorType: 'String', nodesOnConnection: true },
});

function findDerived(
  { token }: Caller,
  { before, after, limit, inverted }: ResolveCursorConnectionArgs,
): Promise<ListedToken[]> {
  return db
    .selectFrom('tokens')
    .leftJoin('credential_uses as used', 'used.credential_id', 'tokens.id')
    .selectAll('tokens')
    .select('used.at as last_used_at')
    .where('tokens.parent_id', '=', token.id)
    .$if(before !== undefined, (query) => query.where('tokens.id', '>', before as string))
    .$if(after !== undefined, (query) => query.where('tokens.id', '<', after as string))
    .orderBy('tokens.id', inverted ? 'asc' : 'desc')
    .limit(limit)
    .execute();
}

function resolveDerived(caller: Caller, args: DefaultConnectionArguments) {
  return resolveCursorConnection({ args, toCursor: ({ id }) => id }, (page: ResolveCursorConnectionArgs) =>
    findDerived(caller, page),
  );
}

function statusOf({ revoked_at, disabled_at, expires_at }: TokenRow): string {
  if (revoked_at !== null) return 'REVOKED';
  if (expires_at !== null && expires_at <= Date.now()) return 'EXPIRED';
  return disabled_at === null ? 'ACTIVE' : 'DISABLED';
}

const isoOrNull = (instant: number | null) => (instant === null ? null : new Date(instant).toISOString());

const Token = builder.objectType('Token', {
  fields: (t) => ({
    id: t.exposeID('id', { nullable: false }),
    name: t.exposeString('name', { nullable: false }),
    identifier: t.exposeString('identifier', { nullable: false }),
    maskedSecret: t.string({ nullable: false, resolve: ({ secret_preview }) => `${secret_preview}…` }),
    access: t.exposeString('access', { nullable: false }),
    status: t.string({ nullable: false, resolve: statusOf }),
    createdAt: t.string({
      nullable: false,
      resolve: ({ created_at }) => new Date(created_at).toISOString(),
    }),
    expiresAt: t.string({ resolve: ({ expires_at }) => isoOrNull(expires_at) }),
    lastUsedAt: t.string({ resolve: ({ last_used_at }) => isoOrNull(last_used_at) }),
    role: t.exposeInt('role'),
  }),
});

const Viewer = builder.objectType('Viewer', {
  fields: (t) => ({
    kind: t.string({ nullable: false, resolve: () => 'PERSONAL_TOKEN' }),
    token: t.field({
      type: Token,
      authScopes: { authenticated: true },
      resolve: ({ token }) => ({ ...token, last_used_at: null }),
    }),
  }),
});

builder.queryType({
  fields: (t) => ({
    viewer: t.field({
      type: Viewer,
      authScopes: { authenticated: true },
      resolve: (_root, _args, { caller }) => caller,
    }),
    tokens: t.connection({
      type: Token,
      authScopes: { readable: 'token' },
      resolve: (_root, args, { caller }) => resolveDerived(caller as Caller, args),
    }),
  }),
});

const yoga = createYoga<object, Context>({
  schema: builder.toSchema(),
  context: async ({ request }) => ({ caller: await identify(request) }),
  logging: false,
  graphiql: false,
  ...(flags.includes('--no-body-limit') ? { maxRequestBodySize: false } : {}),
});
const server = createServer(yoga);
server.listen(0, '127.0.0.1', () => reportServer((server.address() as AddressInfo).port));
