import { v7 } from 'uuid';
import { DAY } from '../../src/domain/duration.ts';
import { toGlobalId } from '../../src/domain/global-id.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { createSecretSource } from '../../src/platform/secrets.ts';
import { openSqlite } from '../../src/storage/sqlite/connection.ts';
import { reportLoop } from '../measured.ts';
import { NEWCOMERS, sessionOf } from '../seed.ts';

// The rows that createToken stores, with the same values, by prepared statements and with Postern's settings of SQLite, on the
// disk after each commit: FILE, a seeded database, and TOKENS, how many a commit has.
const [file = '', tokens = '1'] = process.argv.slice(2);
const database = openSqlite(file);
const secrets = createSecretSource('');

function prepareInsert(table: string, columns: readonly string[]) {
  return database.prepare(
    `insert into ${table} (${columns.join(', ')}) values (${columns.map((column) => `@${column}`).join(', ')})`,
  );
}

const TOKEN_COLUMNS =
  'id kind owner_id created_by identifier name name_folded search_text secret_preview access created_at updated_at issued_at expires_at'.split(
    ' ',
  );
const EVENT_COLUMNS = 'id at action user_id actor_kind actor_id target_id ip detail'.split(' ');
const insertToken = prepareInsert('tokens', TOKEN_COLUMNS);
const insertSecret = prepareInsert('token_secrets', ['digest', 'token_id']);
const insertEvent = prepareInsert('audit_events', EVENT_COLUMNS);
type Owner = { readonly id: string; readonly email: string };
const findOwner = database.prepare<[string], Owner>(
  'select users.id, email from users join sessions on user_id = users.id where digest = ?',
);
const owners = Array.from({ length: NEWCOMERS }, (_, n) => findOwner.get(digestOf(sessionOf(n))) as Owner);

function store(turn: number): void {
  const n = turn % NEWCOMERS;
  const owner = owners[n] as Owner;
  const { digest, secretPreview } = secrets.issue('PERSONAL');
  const [id, at, name] = [v7(), Date.now(), `bench ${n}`];
  const [identifier, expiresAt] = [`${owner.email}_${secrets.text(10)}`, at + 30 * DAY];
  insertToken.run({
    id,
    kind: 'PERSONAL',
    owner_id: owner.id,
    created_by: owner.id,
    identifier,
    name,
    name_folded: name,
    search_text: [name, '', identifier].join('\n'),
    secret_preview: secretPreview,
    access: 'FULL',
    created_at: at,
    updated_at: at,
    issued_at: at,
    expires_at: expiresAt,
  });
  insertSecret.run({ digest, token_id: id });
  insertEvent.run({
    id: v7(),
    at,
    action: 'token.created',
    user_id: owner.id,
    actor_kind: 'SESSION',
    actor_id: owner.id,
    target_id: toGlobalId('Token', id),
    ip: '127.0.0.1',
    detail: JSON.stringify({
      name,
      identifier,
      access: 'FULL',
      scopes: 0,
      expiresAt: new Date(expiresAt).toISOString(),
    }),
  });
}

const size = Number(tokens);
const begin = database.prepare('begin immediate');
const commit = database.prepare('commit');

reportLoop((turn) => {
  if (turn % size === 0) begin.run();
  store(turn);
  if (turn % size === size - 1) commit.run();
});
