import type { DatabaseHandle } from '../../../src/storage/database.ts';
import { buildTokenSnapshot } from '../../../src/storage/repositories/build-token-snapshot.ts';
import { createTokenSnapshots } from '../../../src/storage/repositories/token-snapshots.ts';
import { SCENE_TABLES, type Scene } from './scene.ts';

/** Refused sign-ins are recorded by calls that are refused anyway. */
const isCompared = ({ action }: Record<string, unknown>) => action !== 'session.refused';

const RANDOM = /[0-9a-f]{64}|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/g;
/** Columns with the random end of an identifier, a preview or a slug. */
const RANDOM_COLUMNS = ['identifier', 'search_text', 'secret_preview', 'slug', 'detail'];
const RANDOM_END = /_[0-9A-Za-z]{6,10}\b|(?<=team)-[0-9A-Za-z]{5}\b/g;

/** Returns the values of the scene, whose rows have the same ids and digests in every run. */
function textsOf(scene: Scene): string {
  return JSON.stringify(scene.rows);
}

/** Returns a function that replaces what is random in a row: everything that the scene does not contain. */
function createNormalizer(scene: Scene) {
  const known = textsOf(scene);
  const replace = (text: string, pattern: RegExp) =>
    text.replaceAll(pattern, (found) => (known.includes(found) ? found : '#'));
  return (row: Record<string, unknown>): string =>
    JSON.stringify(
      Object.entries(row).map(([column, value]) => {
        if (typeof value !== 'string') return value;
        if (column === 'password_hash') return known.includes(value) ? 'old' : 'new';
        const text = replace(value, RANDOM);
        return RANDOM_COLUMNS.includes(column) ? replace(text, RANDOM_END) : text;
      }),
    );
}

/** Reads the state that calls left, without what is random, so that it can be compared with that of another run. */
export function createStateReader(scene: Scene) {
  const normalize = createNormalizer(scene);
  return async ({ db }: Pick<DatabaseHandle, 'db'>): Promise<Record<string, string[]>> => {
    const state: Record<string, string[]> = {};
    for (const table of SCENE_TABLES) {
      const rows = await db.selectFrom(table).selectAll().execute();
      state[table] = rows.filter(isCompared).map(normalize).sort();
    }
    return state;
  };
}

/** Returns the stored snapshots that differ from the tables that they were built from. */
export async function outdatedSnapshots(database: DatabaseHandle): Promise<string[]> {
  const snapshots = createTokenSnapshots(database);
  const stored = await database.db.selectFrom('token_snapshots').select('digest').execute();
  const compared = await Promise.all(
    stored.map(async ({ digest }) => {
      const [built, found] = await Promise.all([
        buildTokenSnapshot(database.db, digest),
        snapshots.peek(database.db, digest),
      ]);
      return { digest, isOutdated: JSON.stringify(found) !== JSON.stringify(built) };
    }),
  );
  return compared.filter(({ isOutdated }) => isOutdated).map(({ digest }) => digest);
}
