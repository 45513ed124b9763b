import type { Kysely } from 'kysely';
import type { Tables } from '../../../src/storage/tables.ts';
import type { Random } from '../random.ts';

type Database = Kysely<Tables>;

const OPERATION_LISTS = [
  'CREATE',
  'READ',
  'CREATE READ',
  'LIST',
  'CREATE LIST',
  'READ LIST',
  'CREATE READ LIST',
];

/** The rows that the statements of a walk choose from. */
interface Rows {
  readonly users: readonly string[];
  readonly workspaces: readonly string[];
  readonly tokens: readonly { readonly id: string; readonly owner_id: string | null }[];
  readonly secrets: readonly string[];
  readonly scopes: readonly string[];
  readonly ancestors: readonly { readonly token_id: string; readonly ancestor_id: string }[];
}

async function readRows(db: Database): Promise<Rows> {
  const idsOf = async (table: 'users' | 'workspaces' | 'token_scopes') =>
    (await db.selectFrom(table).select('id').orderBy('id').execute()).map(({ id }) => id);
  const secrets = await db.selectFrom('token_secrets').select('digest').orderBy('digest').execute();
  return {
    users: await idsOf('users'),
    workspaces: await idsOf('workspaces'),
    tokens: await db.selectFrom('tokens').select(['id', 'owner_id']).orderBy('id').execute(),
    secrets: secrets.map(({ digest }) => digest),
    scopes: await idsOf('token_scopes'),
    ancestors: await db
      .selectFrom('token_ancestors')
      .selectAll()
      .orderBy('token_id')
      .orderBy('ancestor_id')
      .execute(),
  };
}

async function insertToken(
  db: Database,
  holder: { owner_id: string | null; workspace_id: string | null; parent_id: string | null },
  name: string,
): Promise<void> {
  await db
    .insertInto('tokens')
    .values({
      ...{ id: name, identifier: name, name, name_folded: name, search_text: name, secret_preview: name },
      ...(holder.owner_id
        ? { kind: 'PERSONAL', access: 'SCOPED', role: null }
        : { kind: 'WORKSPACE', access: 'ROLE', role: 1 }),
      description: null,
      ...{ created_at: 0, updated_at: 0, issued_at: 0, regenerated_at: null, expires_at: null },
      ...{ disabled_at: null, revoked_at: null, created_by: null },
      ...holder,
    })
    .execute();
  const secret = { digest: `digest of ${name}`, token_id: name, valid_until: null };
  await db.insertInto('token_secrets').values(secret).execute();
  if (holder.parent_id === null) return;
  const edge = { token_id: name, ancestor_id: holder.parent_id };
  await db.insertInto('token_ancestors').values(edge).execute();
}

type Write = (db: Database, random: Random, rows: Rows, name: string) => Promise<unknown>;

const INSTANTS = [null, 1, 2] as const;

const WRITES: Readonly<Record<string, Write>> = {
  'insert user': (db, _random, _town, name) =>
    db
      .insertInto('users')
      .values({ id: name, email: name, name, password_hash: '-', created_at: 0, deactivated_at: null })
      .execute(),
  'insert workspace': (db, _random, _town, name) =>
    db
      .insertInto('workspaces')
      .values({
        ...{ id: name, name, slug: name, created_at: 0 },
        ...{ personal_tokens: 'ALLOWED', max_lifetime: null, require_expiry: 0, token_roles: 31 },
      })
      .execute(),
  'insert personal token': (db, random, { users }, name) =>
    insertToken(db, { owner_id: random.pick(users), workspace_id: null, parent_id: null }, name),
  'insert workspace token': (db, random, { workspaces }, name) =>
    insertToken(db, { owner_id: null, workspace_id: random.pick(workspaces), parent_id: null }, name),
  'insert derived token': (db, random, { tokens, users }, name) => {
    const parent = random.pick(tokens);
    const owner_id = parent.owner_id ?? random.pick(users);
    return insertToken(db, { owner_id, workspace_id: null, parent_id: parent.id }, name);
  },
  'insert secret': (db, random, { tokens }, digest) =>
    db
      .insertInto('token_secrets')
      .values({ digest, token_id: random.pick(tokens).id, valid_until: random.pick(INSTANTS) })
      .execute(),
  'insert scope': (db, random, { tokens }, id) =>
    db
      .insertInto('token_scopes')
      .values({
        ...{ id, token_id: random.pick(tokens).id, entity_type: 'channel' },
        ...{ entity_id: null, workspace_id: null, operations: random.pick(OPERATION_LISTS) },
      })
      .execute(),
  'insert ancestor': (db, random, { tokens }) =>
    db
      .insertInto('token_ancestors')
      .values({ token_id: random.pick(tokens).id, ancestor_id: random.pick(tokens).id })
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  'update token': (db, random, { tokens }) => {
    const [instant, access] = [random.pick(INSTANTS), random.pick(['NONE', 'FULL', 'SCOPED'])];
    const { id, owner_id } = random.pick(tokens);
    const change = random.pick([
      owner_id ? { access } : { role: random.below(5) },
      { expires_at: instant },
      { disabled_at: instant },
      { revoked_at: instant },
      { issued_at: random.below(9) },
    ]);
    return db.updateTable('tokens').set(change).where('id', '=', id).execute();
  },
  'update secret': (db, random, { secrets }) =>
    db
      .updateTable('token_secrets')
      .set({ valid_until: random.pick(INSTANTS) })
      .where('digest', '=', random.pick(secrets))
      .execute(),
  'update scope': (db, random, { scopes }) =>
    (db as Kysely<any>)
      .updateTable('token_scopes')
      .set({ operations: random.pick(OPERATION_LISTS) })
      .where('id', '=', random.pick(scopes))
      .execute(),
  'update user': (db, random, { users }) =>
    db
      .updateTable('users')
      .set({ deactivated_at: random.pick(INSTANTS) })
      .where('id', '=', random.pick(users))
      .execute(),
  'verify user': (db, random, { users }) =>
    db
      .updateTable('users')
      .set({ email_verified_at: random.pick(INSTANTS) })
      .where('id', '=', random.pick(users))
      .execute(),
  'delete user': (db, random, { users }) =>
    db.deleteFrom('users').where('id', '=', random.pick(users)).execute(),
  'delete workspace': (db, random, { workspaces }) =>
    db.deleteFrom('workspaces').where('id', '=', random.pick(workspaces)).execute(),
  'delete token': (db, random, { tokens }) =>
    db.deleteFrom('tokens').where('id', '=', random.pick(tokens).id).execute(),
  'delete secret': (db, random, { secrets }) =>
    db.deleteFrom('token_secrets').where('digest', '=', random.pick(secrets)).execute(),
  'delete scope': (db, random, { scopes }) =>
    db.deleteFrom('token_scopes').where('id', '=', random.pick(scopes)).execute(),
  'delete ancestor': (db, random, { ancestors }) => {
    const { token_id, ancestor_id } = random.pick(ancestors);
    return db
      .deleteFrom('token_ancestors')
      .where('token_id', '=', token_id)
      .where('ancestor_id', '=', ancestor_id)
      .execute();
  },
};

/** The number of rows of a kind to keep, so that the database never becomes empty. */
const ENOUGH = 3;

/** Statements that need no row but a user, which always exists. */
const FOUNDING = ['insert user', 'insert workspace', 'insert personal token'];

/** The kinds of statement that can run now: the rows they need exist, and more than enough of the rows they delete. */
function possible(rows: Rows): string[] {
  const counts: Readonly<Record<string, number>> = {
    user: rows.users.length,
    workspace: rows.workspaces.length,
    token: rows.tokens.length,
    secret: rows.secrets.length,
    scope: rows.scopes.length,
    ancestor: rows.ancestors.length,
  };
  const isPossible = (kind: string) => {
    const [verb, noun = ''] = kind.split(' ');
    if (FOUNDING.includes(kind)) return true;
    if (verb === 'insert') return rows.tokens.length > 0 && rows.workspaces.length > 0;
    return (counts[noun] ?? 0) > (verb === 'delete' ? ENOUGH : 0);
  };
  const kinds = rows.tokens.length < 2 * ENOUGH ? FOUNDING : Object.keys(WRITES);
  return kinds.filter(isPossible);
}

/** Writes to one of the ordinary tables by a single statement; returns its kind. */
export async function randomWrite(db: Database, random: Random, step: number): Promise<string> {
  const rows = await readRows(db);
  const kind = random.pick(possible(rows));
  await (WRITES[kind] as Write)(db, random, rows, `n${String(step).padStart(4, '0')}`);
  return kind;
}
