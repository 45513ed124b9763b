import pg from 'pg';
import { digestOf } from '../../src/platform/hashing.ts';
import { reportCallers } from '../measured.ts';

// Commits single rows to PostgreSQL, from many callers through one pool, with prepared statements: URL CALLERS CONNECTIONS.
const [url = '', callers = '', connections = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: Number(connections) });
const text = `insert into stored (hash, owner, name, permissions, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`;

reportCallers(Number(callers), (turn) => {
  const values = [digestOf(`key ${turn}`), `user${turn % 5000}`, 'bench', 6, Date.now(), null];
  return pool.query({ name: 'store', text, values });
});
