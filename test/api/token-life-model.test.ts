import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createLifeModel, type LifeModel } from '../support/life/model.ts';
import { outcomeOf, randomActor, randomPause, randomStep, take } from '../support/life/walk.ts';
import { type Random, seededRandom } from '../support/random.ts';
import { createPersonalToken } from '../support/tokens.ts';

const STEPS = 2000;
const ABSENT = `tok_${'0190ab'.repeat(5)}01`;

let postern: TestApp;

beforeAll(async () => {
  postern = await startTestApp({
    POSTERN_TOKENS_PER_USER: '1000',
    POSTERN_REFUSALS_PER_MINUTE: '0',
    POSTERN_SESSION_LIFETIME: 'P9999D',
  });
});

afterAll(() => postern.close());

/** What a walk must have met to be worth its while: who did what, and what came of it. */
const WORTH_MEETING = [
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
  'owner regenerate CONFLICT',
  'owner regenerate BAD_USER_INPUT',
  'owner update BAD_USER_INPUT',
  'token create EXCEEDS_CALLER',
  'token update EXCEEDS_CALLER',
  'token addScopes EXCEEDS_CALLER',
  'token regenerate EXCEEDS_CALLER',
  'token regenerate NOT_FOUND',
  'token regenerate TOKEN_EXPIRED',
  'token regenerate TOKEN_REVOKED',
  'token regenerate TOKEN_DISABLED',
  'token regenerate INVALID_TOKEN',
];

/** Uses some secret, new ones above all, and compares the answer. */
async function trySome(random: Random, model: LifeModel): Promise<void> {
  const secrets = model.secrets();
  const secret = random.pick(random.chance(0.7) ? secrets.slice(-8) : secrets);
  const expected = model.use(secret, postern.now());
  const answer = await postern.post('{ viewer { token { id } } }', {}, secret);
  const status = expected === 'OK' ? 200 : expected === 'TOKEN_NO_ACCESS' ? 403 : 401;
  expect([answer.status, outcomeOf(answer)]).toEqual([status, expected]);
  model.noteUse(secret, postern.now());
}

const LOOK = `query ($id: ID!) {
  token(id: $id) { status access scopes { entityType operations } expiresAt parent { id } }
  tokenSummary { total active disabled expired revoked expiringSoon }
}`;

/** Looks at some token as its owner, and at all of them in numbers. */
async function lookAtSome(random: Random, model: LifeModel): Promise<void> {
  const id = random.pick([...model.ids(), ABSENT]);
  const { data } = await postern.post(LOOK, { id }, postern.owner.session);
  const seen = data.token && {
    ...data.token,
    scopes: data.token.scopes
      .flatMap((scope: { entityType: string; operations: string[] }) =>
        scope.operations.map((operation) => `${scope.entityType} ${operation}`),
      )
      .sort(),
  };
  expect(seen).toEqual(model.view(id, postern.now()));
  expect(data.tokenSummary).toEqual(model.summary(postern.now()));
}

test(`tokens live as the model does, over ${STEPS} random steps`, async () => {
  const random = seededRandom(20300101);
  const model = createLifeModel();
  const met = new Set<string>();
  for (let count = 0; count < STEPS; count++) {
    postern.advance(randomPause(random));
    const now = postern.now();
    const actor = randomActor(random, model, now);
    const step = randomStep(random, model, actor, ABSENT);
    const expected = model.predict(actor, step, now);
    const { outcome, issued } = await take(postern, actor, step);
    expect(outcome, JSON.stringify({ count, actor, step, issued })).toBe(expected);
    met.add(`${actor === 'owner' ? 'owner' : 'token'} ${step.kind} ${outcome}`);
    if (actor !== 'owner') model.noteUse(actor.secret, now);
    if (outcome === 'OK') model.apply(actor, step, now, issued);
    if (model.secrets().length > 0) await trySome(random, model);
    if (count % 2 === 0) await lookAtSome(random, model);
  }
  expect(WORTH_MEETING.filter((what) => !met.has(what))).toEqual([]);
}, 120_000);

test('the model can be wrong: it tells a token that lives from one that does not', async () => {
  const model = createLifeModel();
  const { secret } = await createPersonalToken(postern, postern.owner.session);
  expect(model.use(secret, postern.now())).toBe('INVALID_TOKEN');
  expect(outcomeOf(await postern.post('{ viewer { kind } }', {}, secret))).toBe('OK');
});
