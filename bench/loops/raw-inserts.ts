import Database from 'better-sqlite3';
import { digestOf } from '../../src/platform/hashing.ts';
import { reportLoop } from '../measured.ts';

// The minimal work of storing a token durably: a row with a unique hash and an indexed owner, committed and on the disk
// before the next: FILE ROWS, where ROWS exist before.
const [file = '', rows = ''] = process.argv.slice(2);
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.exec(
  `create table keys (id integer primary key, hash text not null unique, owner text not null, name text not null,
    permissions integer not null, created_at integer not null, expires_at integer);
  create index keys_by_owner on keys (owner)`,
);
const insert = database.prepare(
  'insert into keys (hash, owner, name, permissions, created_at, expires_at) values (?, ?, ?, ?, ?, ?)',
);
let stored = 0;
const store = (key: string) =>
  insert.run(digestOf(key), `user${++stored % 5000}`, 'bench', 6, Date.now(), null);
database.pragma('synchronous = OFF');
database.transaction(() => {
  for (let n = 0; n < Number(rows); n++) store(`before ${n}`);
})();
database.pragma('synchronous = FULL');

reportLoop((turn) => store(`key ${turn}`));
