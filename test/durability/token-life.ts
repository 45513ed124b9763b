import type { Random } from '../support/random.ts';

/** The state of a token, from the responses that acknowledged it. */
export interface KnownToken {
  readonly id: string;
  readonly secret: string;
  /** The old secret of an overlap that has not ended yet. */
  readonly old: string | null;
  /** Secrets that must never work again. */
  readonly invalid: readonly string[];
  readonly state: 'LIVE' | 'DISABLED' | 'REVOKED' | 'DELETED';
  /** A disabled token that is revoked and then regenerated is still disabled. */
  readonly disabled: boolean;
  readonly access: 'FULL' | 'NONE';
  /** The actions in its audit log, each as often as it must appear. */
  readonly actions: readonly string[];
}

/** A change of a token: its request, and the state of the token after it is acknowledged. */
export interface TokenChange {
  readonly name: string;
  readonly field: string;
  readonly input: string;
  readonly selects: string;
  readonly audited: string;
  readonly isPossible: (token: KnownToken) => boolean;
  /** `secret` is the new secret, if the response has one. */
  readonly apply: (token: KnownToken, secret: string | null) => KnownToken;
}

const SECRETS_REMEMBERED = 4;

function superseded(token: KnownToken, secrets: readonly (string | null)[]): readonly string[] {
  return [...token.invalid, ...secrets.filter((secret) => secret !== null)].slice(-SECRETS_REMEMBERED);
}

function regenerated(token: KnownToken, secret: string | null): KnownToken {
  return {
    ...token,
    secret: secret ?? '',
    old: null,
    invalid: superseded(token, [token.secret, token.old]),
    state: token.disabled ? 'DISABLED' : 'LIVE',
  };
}

const isThere = (token: KnownToken) => token.state !== 'DELETED';
const isUnrevoked = (token: KnownToken) => isThere(token) && token.state !== 'REVOKED';

/** Every change of the load; the first are the most likely. */
const CHANGES: readonly TokenChange[] = [
  {
    name: 'regenerate',
    field: 'regenerateToken',
    input: '',
    selects: 'secret',
    audited: 'token.regenerated',
    isPossible: isThere,
    apply: regenerated,
  },
  {
    name: 'regenerate with an overlap',
    field: 'regenerateToken',
    input: ', overlap: "P1D"',
    selects: 'secret',
    audited: 'token.regenerated',
    isPossible: (token) => isUnrevoked(token) && token.old === null,
    apply: (token, secret) => ({ ...token, secret: secret ?? '', old: token.secret }),
  },
  {
    name: 'revoke',
    field: 'revokeToken',
    input: '',
    selects: 'token { id }',
    audited: 'token.revoked',
    isPossible: isUnrevoked,
    apply: (token) => ({ ...token, state: 'REVOKED' }),
  },
  {
    name: 'disable',
    field: 'disableToken',
    input: '',
    selects: 'token { id }',
    audited: 'token.disabled',
    isPossible: (token) => token.state === 'LIVE',
    apply: (token) => ({ ...token, state: 'DISABLED', disabled: true }),
  },
  {
    name: 'enable',
    field: 'enableToken',
    input: '',
    selects: 'token { id }',
    audited: 'token.enabled',
    isPossible: (token) => token.state === 'DISABLED',
    apply: (token) => ({ ...token, state: 'LIVE', disabled: false }),
  },
  {
    name: 'take access away',
    field: 'updateToken',
    input: ', access: NONE',
    selects: 'token { id }',
    audited: 'token.updated',
    isPossible: (token) => isThere(token) && token.access === 'FULL',
    apply: (token) => ({ ...token, access: 'NONE' }),
  },
  {
    name: 'give access',
    field: 'updateToken',
    input: ', access: FULL',
    selects: 'token { id }',
    audited: 'token.updated',
    isPossible: (token) => isThere(token) && token.access === 'NONE',
    apply: (token) => ({ ...token, access: 'FULL' }),
  },
  {
    name: 'delete',
    field: 'deleteToken',
    input: '',
    selects: 'deletedTokenId',
    audited: 'token.deleted',
    isPossible: isThere,
    apply: (token) => ({
      ...token,
      state: 'DELETED',
      old: null,
      invalid: superseded(token, [token.secret, token.old]),
    }),
  },
];

/** The state of a new token. */
export function createdToken(id: string, secret: string): KnownToken {
  return {
    id,
    secret,
    old: null,
    invalid: [],
    state: 'LIVE',
    disabled: false,
    access: 'FULL',
    actions: ['token.created'],
  };
}

/** Returns one of the changes that the token allows. Deleting, which ends its life, is rare. */
export function pickChange(token: KnownToken, random: Random): TokenChange {
  const possible = CHANGES.filter(
    (change) => change.isPossible(token) && (change.name !== 'delete' || random.chance(0.3)),
  );
  return random.pick(possible.length > 0 ? possible : CHANGES.slice(0, 1));
}

/** The state of a token after an acknowledged change, with its audit row. */
export function applyChange(token: KnownToken, change: TokenChange, secret: string | null): KnownToken {
  return { ...change.apply(token, secret), actions: [...token.actions, change.audited] };
}

/** The response that `/verify` must give to a secret of a token: the status, and the code of a refusal. */
export function answerTo(token: KnownToken, secret: string): string {
  if (token.state === 'DELETED' || (secret !== token.secret && secret !== token.old)) {
    return '401 INVALID_TOKEN';
  }
  if (token.state === 'REVOKED') return '401 TOKEN_REVOKED';
  if (token.state === 'DISABLED') return '401 TOKEN_DISABLED';
  return token.access === 'NONE' ? '403 TOKEN_NO_ACCESS' : '204';
}

/** Every known secret of a token, in the order in which to try them: the first use of the new one ends an overlap. */
export function secretsOf(token: KnownToken): readonly string[] {
  return [...token.invalid, token.old, token.secret].filter(
    (secret) => secret !== null && secret !== '',
  ) as string[];
}

/** The state of a token after its secrets were tried: a new secret that worked has ended the overlap. */
export function afterTrying(token: KnownToken): KnownToken {
  const isUsed = token.old !== null && answerTo(token, token.secret) === '204';
  return isUsed ? { ...token, old: null, invalid: superseded(token, [token.old]) } : token;
}
