import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import { v7 } from 'uuid';
import { composeSecret, previewPart } from '../../src/domain/secret.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { reportLoop } from '../measured.ts';
import { NEWCOMERS, sessionOf } from '../seed.ts';

// The rows that createToken stores, by prepared statements, on the disk after each commit: FILE, a seeded database, and TOKENS,
// how many a commit has.
const [file = '', tokens = '1'] = process.argv.slice(2);
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');

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
const findOwner = database.prepare<[string], { user_id: string }>(
  'select user_id from sessions where digest = ?',
);
const owners = Array.from({ length: NEWCOMERS }, (_, n) => findOwner.get(digestOf(sessionOf(n)))?.user_id);

function store(turn: number): void {
  const owner = owners[turn % NEWCOMERS];
  const secret = composeSecret('PERSONAL', randomBytes(32));
  const [id, at, name] = [v7(), Date.now(), `bench ${turn}`];
  insertToken.run({
    id,
    kind: 'PERSONAL',
    owner_id: owner,
    created_by: owner,
    identifier: `newcomer_${turn}`,
    name,
    name_folded: name,
    search_text: `${name}\n\nnewcomer_${turn}`,
    secret_preview: previewPart(secret),
    access: 'FULL',
    created_at: at,
    updated_at: at,
    issued_at: at,
    expires_at: at + 30 * 24 * 60 * 60 * 1000,
  });
  insertSecret.run({ digest: digestOf(secret), token_id: id });
  insertEvent.run({
    id: v7(),
    at,
    action: 'token.created',
    user_id: owner,
    actor_kind: 'SESSION',
    actor_id: owner,
    target_id: `tok_${id}`,
    ip: '127.0.0.1',
    detail: JSON.stringify({ name, access: 'FULL' }),
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
