import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PRICE, UNITS_MAX } from '../../src/graphql/budget.ts';
import { createHostileDocuments, type HostileDocument } from '../hostile/documents.ts';
import { type FullDatabase, fillDatabase } from '../hostile/full-database.ts';
import { countUsage, countValues, resetUsage, type Usage } from '../hostile/usage.ts';
import { type Answer, startTestApp, type TestApp } from '../support/app.ts';
import { openTestSqlite } from '../support/database.ts';
import { seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';

const SEEDS = [1, 2, 3, 4].slice(0, testLength({ short: 2, full: 4 }));
const DOCUMENTS_A_SEED = 6;
const SIZES = {
  workspaces: 120,
  channels: 600,
  people: 150,
  messages: 30,
  messageBytes: 20_000,
  auditEvents: 300,
  personalTokens: 20,
  workspaceTokens: 5,
};
/** Counting is the cheapest statement; most cost more. */
const STATEMENTS_MAX = UNITS_MAX / PRICE.count / 2;

/** Rows that a check or a loader reads in one statement are charged when their number is known. */
const ROWS_MAX = (1.2 * UNITS_MAX) / PRICE.row;

let postern: TestApp;
let full: FullDatabase;
let usage: Usage;

beforeAll(async () => {
  const handle = openTestSqlite();
  usage = countUsage(handle);
  postern = await startTestApp({}, handle);
  full = await fillDatabase(postern, SIZES);
});
afterAll(() => postern.close());

async function send({ query, variables }: HostileDocument, secret: string | null): Promise<Answer> {
  resetUsage(usage);
  return postern.post(query, variables, secret);
}

/** Returns the data without introspection, which reads nothing from the database. */
function withoutSchema(data: Record<string, unknown> | null | undefined) {
  return Object.fromEntries(Object.entries(data ?? {}).filter(([key]) => !key.startsWith('s')));
}

describe.each(SEEDS)('hostile documents of seed %i', (seed) => {
  test('use no more than the budget of an operation, for every kind of caller', async () => {
    const next = createHostileDocuments(seededRandom(seed), full.ids);
    for (let n = 0; n < DOCUMENTS_A_SEED; n += 1) {
      const document = next();
      for (const [caller, secret] of Object.entries(full.callers)) {
        const response = await send(document, secret);
        const context = `${caller}: ${JSON.stringify(document)}`;
        const codes = new Set(response.errors.map(({ extensions }) => extensions.code));
        expect([...codes], context).not.toContain('INTERNAL_SERVER_ERROR');
        expect([200, 400], context).toContain(response.status);
        const { objects, leaves } = countValues(withoutSchema(response.data));
        expect(objects * PRICE.row + leaves, context).toBeLessThanOrEqual(2 * UNITS_MAX);
        expect(usage.rows, context).toBeLessThanOrEqual(ROWS_MAX);
        expect(usage.characters, context).toBeLessThanOrEqual(4 * UNITS_MAX * PRICE.bytes);
        expect(usage.statements, context).toBeLessThanOrEqual(STATEMENTS_MAX);
        expect(usage.parameters, context).toBeLessThanOrEqual(300);
        expect(response.errors.length, context).toBeLessThanOrEqual(101);
      }
    }
  });
});
