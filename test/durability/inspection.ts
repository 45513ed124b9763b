import Database from 'better-sqlite3';
import pLimit from 'p-limit';
import type { Client } from './client.ts';
import type { Entry, Ledger } from './ledger.ts';
import { afterTrying, answerTo, applyChange, type KnownToken, secretsOf } from './token-life.ts';

const AT_ONCE = 8;

/** The possible states of the token: the acknowledged one and, if a change got no response, the one after that change. */
function possibilities({ token, pending }: Entry): readonly KnownToken[] {
  return pending ? [token, applyChange(token, pending, null)] : [token];
}

/** Tries every known secret of a token. Returns the wrong responses, in words. */
async function trySecrets(client: Client, entry: Entry): Promise<string[]> {
  const violations: string[] = [];
  for (const secret of secretsOf(entry.token)) {
    const expected = possibilities(entry).map((token) => answerTo(token, secret));
    const answer = await client.verify(secret);
    if (expected.includes(answer)) continue;
    const which = secret === entry.token.secret ? 'newest' : 'older';
    violations.push(`the ${which} secret of ${entry.token.id}: ${answer}, not ${expected.join(' or ')}`);
  }
  return violations;
}

function count(actions: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const action of actions) counts.set(action, (counts.get(action) ?? 0) + 1);
  return counts;
}

function readAudit(database: Database.Database, entry: Entry): string[] {
  const rows = database
    .prepare('select action from audit_events where target_id = ?')
    .pluck()
    .all(entry.token.id) as string[];
  const found = count(rows);
  const wanted = possibilities(entry).map((token) => count(token.actions));
  return [...(wanted[0] as Map<string, number>).keys()].flatMap((action) => {
    const allowed = wanted.map((counts) => counts.get(action));
    return allowed.includes(found.get(action))
      ? []
      : [`the audit log of ${entry.token.id} has ${action} ${found.get(action) ?? 0} times, not ${allowed}`];
  });
}

/** Returns what is wrong with a file as a whole: broken pages and references, or an incomplete token. */
function examineFile(database: Database.Database): string[] {
  const number = (sql: string) => database.prepare(sql).pluck().get() as number;
  const audited = (action: string) =>
    number(`select count(*) from audit_events where action = 'token.${action}'`);
  const integrity = database.pragma('integrity_check', { simple: true });
  const tokens = number('select count(*) from tokens');
  return [
    ...(integrity === 'ok' ? [] : [`integrity_check: ${integrity}`]),
    ...(database.pragma('foreign_key_check') as unknown[]).map(
      (row) => `foreign key: ${JSON.stringify(row)}`,
    ),
    ...(number('select count(distinct token_id) from token_secrets') === tokens
      ? []
      : ['a token has no secret']),
    ...(audited('created') - audited('deleted') === tokens ? [] : ['a token and its audit log differ']),
  ];
}

/** Compares entries of a ledger with the server's responses and with the file. Returns the differences. */
export async function inspect(
  client: Client,
  file: string,
  ledger: Ledger,
  entries: readonly Entry[],
): Promise<string[]> {
  const limit = pLimit(AT_ONCE);
  const database = new Database(file, { readonly: true });
  try {
    const answers = await Promise.all(entries.map((entry) => limit(() => trySecrets(client, entry))));
    const violations = [
      ...answers.flat(),
      ...entries.flatMap((entry) => readAudit(database, entry)),
      ...examineFile(database),
    ];
    // After a change without a response, the state is unknown, so the next round does not check it.
    for (const { token, pending } of entries) ledger.settle(token.id, pending ? null : afterTrying(token));
    return violations;
  } finally {
    database.close();
  }
}
