import { HOUR, SECOND } from '../../domain/duration.ts';
import { PosternError } from '../../domain/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Claims } from '../identity/claims.ts';
import {
  audiencesOf,
  decodeJwt,
  hasRefusedHeader,
  isCurrent,
  isPlain,
  LEEWAY,
  type UnverifiedJwt,
} from '../identity/jwt-claims.ts';
import { type ProviderKeys, verifySignature } from '../identity/provider-keys.ts';

const LENGTH_MAX = 8192;
/** How long a token is accepted after it was issued. */
const AGE_MAX = HOUR;

/** An issuer with the keys by which its tokens are verified. */
export interface OpenIssuer {
  readonly issuer: string;
  readonly keys: ProviderKeys;
}

/** A JSON Web Token of an issuer whose signature and instants are verified. */
export interface SubjectToken {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly claims: Claims;
  /** Of the issuer and the id of the token or, without one, of what its signature covers. */
  readonly digest: string;
  /** From when on it is refused in any case, in milliseconds since the epoch. */
  readonly endsAt: number;
}

/** Verifies the JSON Web Tokens of the issuers of federations. */
export interface SubjectTokens {
  /**
   * Returns a verified token; `null` for any other text. Only the keys of listed issuers are read. Throws `UNAVAILABLE` if they
   * are not known.
   */
  verify(token: string): Promise<SubjectToken | null>;
}

/** Returns whether a token can be accepted, apart from its signature. */
function isAcceptable(jwt: UnverifiedJwt, now: number): boolean {
  const { header, claims } = jwt;
  if (hasRefusedHeader(jwt) || !isPlain(header) || !isCurrent(claims, now)) return false;
  return Number(claims.iat) >= (now - AGE_MAX - LEEWAY) / SECOND;
}

/**
 * Returns the identity of a token, by which it is used once. Without an id, it is the text that the signature covers, because the
 * same token can have several valid signatures.
 */
function digestFor(token: string, { iss, jti }: Claims): string {
  const signed = token.slice(0, token.lastIndexOf('.'));
  const id = typeof jti === 'string' && jti !== '' ? ['jti', jti] : ['signed', signed];
  return digestOf(JSON.stringify(['subject-token', iss, ...id]));
}

/** Returns the verifier of some issuers. */
export function createSubjectTokens(issuers: readonly OpenIssuer[], clock: Clock): SubjectTokens {
  const byIssuer = new Map(issuers.map((open) => [open.issuer, open]));

  return {
    async verify(token) {
      const now = clock();
      const jwt = token.length > LENGTH_MAX ? null : decodeJwt(token);
      const open = jwt && byIssuer.get(jwt.claims.iss as string);
      if (!jwt || !open || !isAcceptable(jwt, now)) return null;
      try {
        const { payload } = await verifySignature(token, open.keys.find, now, {
          issuer: open.issuer,
          requiredClaims: ['iat', 'exp', 'aud'],
        });
        return {
          issuer: open.issuer,
          audiences: audiencesOf(payload),
          claims: payload,
          digest: digestFor(token, payload),
          endsAt: Math.ceil(Number(payload.exp) * SECOND) + LEEWAY,
        };
      } catch (error) {
        if (error instanceof PosternError) throw error;
        return null;
      }
    },
  };
}
