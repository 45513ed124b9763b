import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { digestOf } from '../../src/platform/hashing.ts';
import { reportCallers } from '../measured.ts';
import { shuffled } from '../walk.ts';

// Looks a key up in PostgreSQL by its digest, from many callers through one pool: URL KEYS CALLERS CONNECTIONS, and how:
// kysely with its defaults, or named, statements of pg that the database prepares once.
const [url = '', keys = '', callers = '', connections = '', how = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: Number(connections) });
const walk = shuffled(Number(keys));

interface Keys {
  id: number;
  hash: string;
  owner: string;
  permissions: number;
  expires_at: number | null;
  revoked_at: number | null;
}

const COLUMNS = ['id', 'hash', 'owner', 'permissions', 'expires_at', 'revoked_at'] as const;
const db = new Kysely<{ keys: Keys }>({ dialect: new PostgresDialect({ pool }) });

const LOOK_UPS: Readonly<Record<string, (hash: string) => Promise<unknown>>> = {
  kysely: (hash) => db.selectFrom('keys').select(COLUMNS).where('hash', '=', hash).executeTakeFirst(),
  named: async (hash) => {
    const text = `select ${COLUMNS} from keys where hash = $1`;
    return (await pool.query({ name: 'lookup', text, values: [hash] })).rows[0];
  },
};
const lookUp = LOOK_UPS[how];
if (!lookUp) throw new Error(`look up how: ${Object.keys(LOOK_UPS)}`);

reportCallers(Number(callers), async (turn) => {
  const found = await lookUp(digestOf(`key ${walk[turn % walk.length]}`));
  if (!found) throw new Error('a key was not found');
});
