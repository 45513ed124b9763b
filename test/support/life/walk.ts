import type { Answer, TestApp } from '../app.ts';
import type { Random } from '../random.ts';
import type { Actor, Issued, LifeAccess, LifeModel, Outcome, Step } from './model.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;

/** Scopes that the walk adds and removes, with one operation each. */
const SCOPES = [
  'workspace READ',
  'channel READ',
  'token CREATE',
  'token READ',
  'token UPDATE',
  'token DELETE',
] as const;

const MUTATIONS = {
  create: 'createToken(input: $input) { secret token { id } }',
  update: 'updateToken(input: $input) { token { id } }',
  regenerate: 'regenerateToken(input: $input) { secret token { id } }',
  disable: 'disableToken(input: $input) { token { id } }',
  enable: 'enableToken(input: $input) { token { id } }',
  revoke: 'revokeToken(input: $input) { token { id } }',
  delete: 'deleteToken(input: $input) { deletedTokenId }',
  addScopes: 'addTokenScopes(input: $input) { token { id } }',
  removeScopes: 'removeAllTokenScopes(input: $input) { token { id } }',
} as const satisfies Record<Step['kind'], string>;

const INPUTS: Readonly<Record<Step['kind'], string>> = {
  create: 'CreateTokenInput',
  update: 'UpdateTokenInput',
  regenerate: 'RegenerateTokenInput',
  disable: 'DisableTokenInput',
  enable: 'EnableTokenInput',
  revoke: 'RevokeTokenInput',
  delete: 'DeleteTokenInput',
  addScopes: 'AddTokenScopesInput',
  removeScopes: 'RemoveAllTokenScopesInput',
};

function scopeInputs(scopes: readonly string[]): object[] {
  return scopes.map((scope) => {
    const [entityType, operation] = scope.split(' ');
    return { entityType, operations: [operation] };
  });
}

function duration(milliseconds: number): string {
  return `PT${milliseconds / SECOND}S`;
}

function inputOf(step: Step): object {
  const { kind: _, ...asked } = step;
  const { after, overlap, scopes, ...others } = asked as Record<string, unknown> & { scopes?: string[] };
  return {
    ...others,
    ...(step.kind === 'create' && { name: 'walker' }),
    ...(scopes && (step.kind !== 'create' || step.access === 'SCOPED') && { scopes: scopeInputs(scopes) }),
    ...(after !== undefined && { expires: { after: duration(after as number) } }),
    ...(overlap !== undefined && { overlap: duration(overlap as number) }),
  };
}

/** The outcome of a response, in the terms of the model. */
export function outcomeOf({ errors }: Answer): Outcome {
  const [error] = errors;
  return error ? (error.extensions.reason ?? error.extensions.code) : 'OK';
}

/** Takes a step, as the owner or with a token. */
export async function take(
  postern: TestApp,
  actor: Actor,
  step: Step,
): Promise<{ outcome: Outcome; issued: Issued | undefined }> {
  const query = `mutation ($input: ${INPUTS[step.kind]}!) { step: ${MUTATIONS[step.kind]} }`;
  const secret = actor === 'owner' ? postern.owner.session : actor.secret;
  const answer = await postern.post(query, { input: inputOf(step) }, secret);
  const made = answer.data?.step;
  return {
    outcome: outcomeOf(answer),
    issued: made?.secret ? { id: made.token.id, secret: made.secret } : undefined,
  };
}

function randomScopes(random: Random): string[] {
  return random.chance(0.5) ? [...SCOPES] : random.some(SCOPES);
}

/** A token to act on; for a token, mostly one of its own chain. */
function randomId(random: Random, model: LifeModel, actor: Actor, absent: string): string {
  const line = actor === 'owner' ? [] : model.line(actor.secret);
  const ids = line.length > 0 && random.chance(0.7) ? line : model.ids();
  return ids.length === 0 || random.chance(0.02) ? absent : random.pick(ids);
}

/** A random step. Durations are such that tokens and overlaps end during the walk. */
export function randomStep(random: Random, model: LifeModel, actor: Actor, absent: string): Step {
  const after = () => (random.chance(0.5) ? {} : { after: (1 + random.below(400)) * HOUR });
  const id = randomId(random, model, actor, absent);
  const accesses: readonly LifeAccess[] = ['NONE', 'SCOPED', 'SCOPED', 'SCOPED', 'FULL'];
  if (model.ids().length < 4 || random.chance(0.12)) {
    const access = random.pick(accesses);
    return { kind: 'create', access, scopes: access === 'SCOPED' ? randomScopes(random) : [], ...after() };
  }
  switch (random.below(9)) {
    case 0: {
      const scopes = random.chance(0.5) ? { scopes: randomScopes(random) } : {};
      return { kind: 'update', id, ...(random.chance(0.6) && { access: random.pick(accesses) }), ...scopes };
    }
    case 1:
    case 2:
    case 3: {
      const overlap = random.chance(0.6)
        ? { overlap: (1 + random.below(random.chance(0.9) ? 72 : 200)) * HOUR }
        : {};
      return { kind: 'regenerate', id, ...after(), ...overlap };
    }
    case 4:
      return { kind: 'addScopes', id, scopes: randomScopes(random) };
    case 5:
      return { kind: random.chance(0.7) ? 'enable' : 'removeScopes', id };
    case 6:
      return { kind: 'disable', id };
    case 7:
      return { kind: random.chance(0.5) ? 'revoke' : 'enable', id };
    default:
      return { kind: random.chance(0.4) ? 'delete' : 'enable', id };
  }
}

/** The actor of a step: mostly the owner, otherwise any secret that was ever issued. */
export function randomActor(random: Random, model: LifeModel, now: number): Actor {
  const secrets = model.secrets();
  if (secrets.length === 0 || random.chance(0.55)) return 'owner';
  const living = secrets.filter((secret) => model.use(secret, now) === 'OK');
  return { secret: random.pick(living.length > 0 && random.chance(0.85) ? living : secrets) };
}

/** The time until the next step: mostly seconds, sometimes days. */
export function randomPause(random: Random): number {
  return random.pick([0, SECOND, 60 * SECOND, HOUR, 12 * HOUR, random.below(3 * DAY)]);
}
