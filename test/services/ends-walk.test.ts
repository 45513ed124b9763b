import { afterEach, beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../src/domain/global-id.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createCascades } from '../../src/services/maintenance/cascades.ts';
import { CHUNK } from '../../src/services/transactions/chunk.ts';
import { createEvents } from '../../src/services/transactions/events.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { repeat } from '../support/descendants.ts';
import { seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';
import { countOneByOne, wrongCounts } from '../support/token-summary.ts';
import { createPersonalToken } from '../support/tokens.ts';

const STEPS = testLength({ short: 20, ci: 40, full: 600 });
const SECRETS_TRIED = 12;
const TOKENS_MAX = 6 * CHUNK;

let postern: TestApp;

beforeEach(async () => {
  postern = await startTestApp({
    POSTERN_TOKENS_PER_USER: `${10 * TOKENS_MAX}`,
    POSTERN_REFUSALS_PER_MINUTE: '0',
  });
  await postern.app.services.cascades.close();
});

afterEach(() => postern.close());

/** What a token is according to the calls so far. */
type State = 'LIVE' | 'REVOKED' | 'DELETED';

const CODES = { LIVE: undefined, REVOKED: 'TOKEN_REVOKED', DELETED: 'INVALID_TOKEN' } as const;

/** A model of the personal tokens of one user, by their secrets. */
function createModel() {
  const states = new Map<string, State>();
  const count = (...wanted: State[]) => [...states.values()].filter((state) => wanted.includes(state)).length;
  return {
    states,
    count,
    /** Brings all tokens that are in one of some states into another one; returns their number. */
    end(from: readonly State[], to: State): number {
      const ended = [...states].filter(([, state]) => from.includes(state));
      for (const [secret] of ended) states.set(secret, to);
      return ended.length;
    },
  };
}

function createCascadesOnce() {
  const { db } = postern.database;
  const { changes } = postern.app.services;
  return createCascades({ db, changes, events: createEvents(), logger: createLogger('silent') });
}

/** Applies one chunk and stops, as a killed process does, between two of them. */
async function applyChunk(): Promise<void> {
  const cascades = createCascadesOnce();
  void cascades.run();
  await cascades.close();
}

test(
  'tokens are what calls made them that end many of them, in any order',
  async () => {
    const random = seededRandom(12);
    const model = createModel();
    const { owner } = postern;
    /** The tokens that can be regenerated, with their current secrets. */
    const known = new Map<string, string>();

    async function create(): Promise<void> {
      const { id, secret } = await createPersonalToken(postern, owner.session);
      known.set(id, secret);
      const isMany = model.count('LIVE', 'REVOKED') < TOKENS_MAX && random.chance(0.7);
      const others = isMany ? await repeat(postern.database, id, CHUNK + random.below(CHUNK)) : [];
      for (const each of [secret, ...others]) model.states.set(each, 'LIVE');
    }

    async function regenerate(): Promise<void> {
      if (known.size === 0) return;
      const id = random.pick([...known.keys()]);
      const old = known.get(id) as string;
      const answer = await mutate(postern, 'regenerateToken', { id }, owner.session, 'secret');
      if (model.states.get(old) === 'DELETED') {
        expect(['CONFLICT', 'NOT_FOUND']).toContain(answer.code);
        return;
      }
      // A token that ended is not regenerated before its end is stored.
      if (answer.code === 'CONFLICT') {
        expect(model.states.get(old)).toBe('REVOKED');
        return;
      }
      expect(answer.errors).toEqual([]);
      model.states.set(old, 'DELETED');
      const { secret } = answer.data.regenerateToken;
      model.states.set(secret, 'LIVE');
      known.set(id, secret);
    }

    async function deleteAll(): Promise<void> {
      // Secrets that a regeneration replaced belong to no token of their own.
      const tokens = model.end(['LIVE', 'REVOKED'], 'DELETED');
      const answer = await postern.post('mutation { deleteAllTokens { deletedCount } }', {}, owner.session);
      expect(answer.data.deleteAllTokens.deletedCount).toBe(tokens);
    }

    async function revokeAll(): Promise<void> {
      const revoked = model.end(['LIVE'], 'REVOKED');
      expect(await postern.app.services.operator.revokeTokensOf(owner.email)).toBe(revoked);
    }

    async function compare(secrets: readonly string[]): Promise<void> {
      for (const secret of secrets) {
        const { code } = await postern.post('{ viewer { kind } }', {}, secret);
        expect(code).toBe(CODES[model.states.get(secret) as State]);
      }
      const { data } = await postern.post(
        '{ tokenSummary { total active disabled expired revoked usedUp expiringSoon } }',
        {},
        owner.session,
      );
      const holder = { ownerId: decodeGlobalId('User', owner.id) };
      const counted = await countOneByOne(postern.database.db, holder, postern.now());
      expect(data.tokenSummary).toEqual(counted);
      expect(counted.active).toBe(model.count('LIVE'));
      expect(await wrongCounts(postern.database.db)).toEqual([]);
    }

    const steps = [
      create,
      create,
      create,
      regenerate,
      regenerate,
      deleteAll,
      revokeAll,
      applyChunk,
      applyChunk,
    ];
    for (let step = 0; step < STEPS; step++) {
      await random.pick(steps)();
      postern.advance(random.below(2));
      const all = [...model.states.keys()];
      await compare(all.length === 0 ? [] : Array.from({ length: SECRETS_TRIED }, () => random.pick(all)));
    }
    const cascades = createCascadesOnce();
    await cascades.run();
    await cascades.close();
    await compare([...model.states.keys()]);
    const rows = await postern.database.db.selectFrom('tokens').select('id').execute();
    expect(rows).toHaveLength(model.count('LIVE', 'REVOKED'));
  },
  testLength({ short: 120_000, full: 900_000 }),
);
