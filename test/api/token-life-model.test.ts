import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { WALKED, walkBeside } from '../support/life/beside.ts';
import { createLifeModel } from '../support/life/model.ts';
import { outcomeOf } from '../support/life/walk.ts';
import { seededRandom } from '../support/random.ts';
import { testLength } from '../support/test-length.ts';
import { createPersonalToken } from '../support/tokens.ts';

const FULL_STEPS = 2000;
const STEPS = testLength({ short: 500, full: FULL_STEPS });

/** The outcomes that only a full walk must meet. */
const RARE = [
  'owner regenerate CONFLICT',
  'token regenerate TOKEN_EXPIRED',
  'token regenerate TOKEN_REVOKED',
  'token regenerate TOKEN_DISABLED',
];

let postern: TestApp;

beforeAll(async () => {
  postern = await startTestApp(WALKED);
});

afterAll(() => postern.close());

/** The outcomes that a walk must meet, by actor and step. */
const EXPECTED = [
  ...[
    'create',
    'update',
    'regenerate',
    'disable',
    'enable',
    'revoke',
    'delete',
    'addScopes',
    'removeScopes',
  ].flatMap((kind) => [`owner ${kind} OK`, `token ${kind} OK`, `token ${kind} MISSING_SCOPE`]),
  'owner disable CONFLICT',
  'owner regenerate BAD_USER_INPUT',
  'owner update BAD_USER_INPUT',
  'token create EXCEEDS_CALLER',
  'token update EXCEEDS_CALLER',
  'token addScopes EXCEEDS_CALLER',
  'token regenerate EXCEEDS_CALLER',
  'token regenerate NOT_FOUND',
  'token regenerate INVALID_TOKEN',
];

test(`tokens live as the model does, over ${STEPS} random steps`, async () => {
  const met = await walkBeside(postern, seededRandom(20300101), STEPS);
  const expected = STEPS < FULL_STEPS ? EXPECTED : [...EXPECTED, ...RARE];
  expect(expected.filter((what) => !met.has(what))).toEqual([]);
}, 120_000);

test('the model can be wrong: it distinguishes a valid secret from an unknown one', async () => {
  const model = createLifeModel();
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  expect(model.use(secret, postern.now())).toBe('INVALID_TOKEN');
  expect(outcomeOf(await postern.post('{ viewer { kind } }', {}, secret))).toBe('OK');
});
