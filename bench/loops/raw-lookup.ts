import Database from 'better-sqlite3';
import { digestOf } from '../../src/platform/hashing.ts';
import { reportLoop } from '../measured.ts';
import { secretOf } from '../seed.ts';
import { shuffled } from '../walk.ts';

// The minimal work of a lookup: SHA-256 and one prepared SELECT of six columns, over all keys in random order: FILE KEYS.
const [file = '', keys = ''] = process.argv.slice(2);
const count = Number(keys);
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.exec(
  `create table keys (id integer primary key, hash text not null unique, owner text not null, permissions integer not null,
    expires_at integer, revoked_at integer)`,
);
const insert = database.prepare('insert into keys values (?, ?, ?, ?, ?, ?)');
database.transaction(() => {
  for (let n = 0; n < count; n++) insert.run(n, digestOf(secretOf(n)), `user${n % 1000}`, 6, 1e13, null);
})();

const find = database.prepare(
  'select id, hash, owner, permissions, expires_at, revoked_at from keys where hash = ?',
);
const walk = shuffled(count).map(secretOf);

reportLoop((turn) => {
  if (!find.get(digestOf(walk[turn % walk.length] as string))) throw new Error('a key was not found');
});
