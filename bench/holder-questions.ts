import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import type { SessionPrincipal } from '../src/domain/principal.ts';
import { openDatabase } from '../src/storage/open.ts';
import { countKeptTokens, hasTokens } from '../src/storage/query/token-amounts.ts';
import { type HolderName, holderSecret } from './seed-holders.ts';

/** The calls that are measured. */
export const QUESTIONS = [
  'newest',
  'by last use',
  'by last use, never used first',
  'search without a hit',
  'access without a hit',
  'status without a hit',
  'unused since, without a hit',
  'two filters without a common token',
  'expires before, without a hit',
  'count',
  'search without a hit, counted',
  'summary',
  'limit check of a new token',
  'number of tokens to delete',
  'audit log, an action that never happened',
  'can, allowed',
  'can, denied everywhere',
  'effective scopes of one workspace',
] as const;
export type Question = (typeof QUESTIONS)[number];

/** Calls of the services whose time must not grow with what the caller has. Each returns what shows that it did its work. */
export async function createQuestions(
  databaseUrl: string,
  name: HolderName,
): Promise<Record<Question, () => Promise<unknown>>> {
  const config = readConfig({ DATABASE_URL: databaseUrl, POSTERN_LOG_LEVEL: 'warn' });
  const database = await openDatabase(databaseUrl);
  const { services } = await createApp(config, { database });
  const owner = { ownerId: name };
  const principal: SessionPrincipal = {
    kind: 'SESSION',
    sessionId: name,
    userId: name,
    verifiedEmail: `${name}@example.com`,
    mustChangePassword: false,
    endsAt: Number.MAX_SAFE_INTEGER,
    authenticatedAt: 0,
    isJwt: false,
    isCommandLine: false,
  };
  type Filter = Parameters<typeof services.tokens.list>[2];
  type Order = Parameters<typeof services.tokens.list>[3];
  const list = async (filter: Filter, order?: Order) =>
    (await services.tokens.list(principal, { first: 20 }, filter, order)).edges.length;
  const check = async (operation: 'READ' | 'DELETE') =>
    (await services.access.check(principal, { operation, entityType: 'document', any: true })).allowed;
  return {
    newest: () => list({}),
    'by last use': () => list({}, { field: 'LAST_USED_AT', direction: 'DESC' }),
    'by last use, never used first': () => list({}, { field: 'LAST_USED_AT', direction: 'ASC' }),
    'search without a hit': () => list({ search: 'absent' }),
    'access without a hit': () => list({ access: ['FULL'] }),
    'status without a hit': () => list({ status: ['USED_UP'] }),
    'unused since, without a hit': () => list({ unusedSince: -1 }),
    'expires before, without a hit': () => list({ expiresBefore: 1 }),
    'two filters without a common token': () => list({ status: ['ACTIVE'], expiresBefore: Date.now() }),
    count: async () => (await services.tokens.list(principal, { first: 1 }, {})).totalCount(),
    'search without a hit, counted': async () =>
      (await services.tokens.list(principal, { first: 1 }, { search: 'absent' })).totalCount(),
    summary: async () => (await services.tokens.summarize(principal)).total,
    'limit check of a new token': () => hasTokens(database.db, owner, 1_000_000, Date.now()),
    'number of tokens to delete': () => countKeptTokens(database.db, owner),
    'audit log, an action that never happened': async () =>
      (await services.auditLog.list({ userId: name }, { first: 20 }, { actions: ['user.created'] }, false))
        .edges.length,
    'can, allowed': () => check('READ'),
    'can, denied everywhere': () => check('DELETE'),
    'effective scopes of one workspace': async () =>
      (await services.introspection.describe(principal, holderSecret(name), null))?.scopes.length,
  };
}
