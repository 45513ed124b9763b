import { expect } from 'vitest';
import type { TestApp } from '../app.ts';
import type { Random } from '../random.ts';
import { createLifeModel, type LifeModel } from './model.ts';
import { outcomeOf, randomActor, randomPause, randomStep, take } from './walk.ts';

const ABSENT = `tok_${'0190ab'.repeat(5)}01`;

const LOOK = `query ($id: ID!) {
  token(id: $id) { status access scopes { entityType operations } expiresAt parent { id } }
  tokenSummary { total active disabled expired revoked expiringSoon }
}`;

/** The configuration of a Postern for a walk. */
export const WALKED = {
  POSTERN_TOKENS_PER_USER: '1000',
  POSTERN_REFUSALS_PER_MINUTE: '0',
  POSTERN_SESSION_LIFETIME: 'P9999D',
} as const;

/** Uses a secret, mostly one of the last of the token that the step was about, and compares the response with the model. */
async function trySome(
  postern: TestApp,
  random: Random,
  model: LifeModel,
  id: string | undefined,
): Promise<void> {
  const own = id === undefined ? [] : model.secretsOf(id).slice(-3);
  const secret = random.pick(own.length > 0 && random.chance(0.7) ? own : model.secrets());
  const expected = model.use(secret, postern.now());
  const answer = await postern.post('{ viewer { token { id } } }', {}, secret);
  const status = expected === 'OK' ? 200 : expected === 'TOKEN_NO_ACCESS' ? 403 : 401;
  expect([answer.status, outcomeOf(answer)]).toEqual([status, expected]);
  model.noteUse(secret, postern.now());
}

/** Compares a token and the summary of all tokens, as their owner sees them, with the model. */
async function lookAtSome(postern: TestApp, random: Random, model: LifeModel): Promise<void> {
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

/**
 * Takes random steps with the owner's tokens and compares each response with the model's. Returns the outcomes that it met,
 * such as `token update EXCEEDS_CALLER`.
 */
export async function walkBeside(
  postern: TestApp,
  random: Random,
  steps: number,
): Promise<ReadonlySet<string>> {
  const model = createLifeModel();
  const met = new Set<string>();
  for (let count = 0; count < steps; count++) {
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
    const about = 'id' in step ? step.id : issued?.id;
    if (model.secrets().length > 0) await trySome(postern, random, model, about);
    if (count % 2 === 0) await lookAtSome(postern, random, model);
  }
  return met;
}
