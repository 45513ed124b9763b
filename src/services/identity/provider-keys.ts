import {
  createLocalJWKSet,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { DAY, MINUTE, SECOND } from '../../domain/duration.ts';
import { failure } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { LEEWAY } from './jwt-claims.ts';
import type { ProviderFetch } from './provider-fetch.ts';

const TIMEOUT_MS = 5 * SECOND;
const RESPONSE_BYTES = 256 * 1024;
const KEYS_MAX = 100;
/** How long keys are used before they are read again. */
const FRESH = 10 * MINUTE;
/** How long keys are used if they cannot be read again. */
const USABLE = DAY;
/** How long no other attempt is made after one that failed, or that was made for an unknown key. */
const PAUSE = 30 * SECOND;
/** Asymmetric algorithms only: with any other, everyone who knows the public key could sign. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** The types of public keys. */
const KEY_TYPES: readonly unknown[] = ['RSA', 'EC', 'OKP'];

/** The keys with which a provider signs. */
export interface ProviderKeys {
  /**
   * Finds the key of a token. Reads the keys again if they are ten minutes old or do not have the key, but not again within 30
   * seconds. Throws `UNAVAILABLE` if no keys of the last day are known, or an error of jose if there is no such key.
   */
  readonly find: JWTVerifyGetKey;
  /** Returns until when the keys are used without reading them again, in milliseconds since the epoch. */
  freshUntil(): number;
}

/**
 * Returns a JSON Web Token that is signed with one of some keys by an asymmetric algorithm, and valid now with the leeway. Throws
 * an error of jose, or what finding the key throws.
 */
export function verifySignature(
  token: string,
  keys: JWTVerifyGetKey,
  now: number,
  required: Pick<JWTVerifyOptions, 'issuer' | 'audience' | 'maxTokenAge' | 'requiredClaims'>,
): Promise<JWTVerifyResult> {
  return jwtVerify(token, keys, {
    ...required,
    algorithms: ALGORITHMS,
    clockTolerance: LEEWAY / SECOND,
    currentDate: new Date(now),
  });
}

/** Reads a response of at most 256 KiB. The limit of the connection counts compressed bytes. */
async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > RESPONSE_BYTES) throw new Error('a response of the provider is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Returns the keys of a JWK Set (RFC 7517, section 5). Throws if the text is none. */
function parseKeys(text: string): JWTVerifyGetKey {
  return createLocalJWKSet(toKeySet(text));
}

function toKeySet(text: string): JSONWebKeySet {
  const { keys } = JSON.parse(text) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length > KEYS_MAX) throw new Error('the provider has no usable keys');
  return { keys: keys.filter((key) => KEY_TYPES.includes(key?.kty)) };
}

/** Returns a document of a provider: at most 256 KiB, within five seconds, without a redirect. Throws an error without its text. */
export async function fetchDocument(uri: string, fetch: ProviderFetch['fetch']): Promise<string> {
  const response = await fetch(uri, {
    method: 'GET',
    headers: { accept: 'application/json' },
    body: null,
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) throw new Error('the provider did not return the document');
  return readBounded(response);
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_JWKS_NO_MATCHING_KEY';
}

/** Returns the keys of a provider. `read` returns the JWK Set or throws; `onFailure` learns why it could not be read. */
export function createProviderKeys(deps: {
  readonly read: () => Promise<string>;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}): ProviderKeys {
  const { clock, onFailure } = deps;
  let known: { readonly find: JWTVerifyGetKey; readonly at: number } | null = null;
  let reading: Promise<void> | null = null;
  /** The instants of the last attempt that failed and of the last one for an unknown key. */
  let failedAt = Number.NEGATIVE_INFINITY;
  let soughtAt = Number.NEGATIVE_INFINITY;

  async function readNow(): Promise<void> {
    try {
      known = { find: parseKeys(await deps.read()), at: clock() };
    } catch (error) {
      failedAt = clock();
      onFailure(error);
    }
  }

  /** Reads the keys once for all who wait, unless that failed just now. */
  async function read(): Promise<void> {
    if (reading === null && clock() < failedAt + PAUSE) return;
    reading ??= readNow().finally(() => {
      reading = null;
    });
    await reading;
  }

  async function current(): Promise<JWTVerifyGetKey> {
    if (known === null || clock() >= known.at + FRESH) await read();
    if (known === null || clock() >= known.at + USABLE) throw failure('UNAVAILABLE');
    return known.find;
  }

  return {
    async find(header, token) {
      const find = await current();
      try {
        return await find(header, token);
      } catch (error) {
        if (!isUnknownKey(error) || clock() < soughtAt + PAUSE) throw error;
        soughtAt = clock();
        await read();
        return (await current())(header, token);
      }
    },
    freshUntil: () => (known?.at ?? 0) + FRESH,
  };
}
