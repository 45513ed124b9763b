import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

/** The audience of the access tokens, and the client that requests them. */
export const AUDIENCE = 'https://postern.test/graphql';
export const CLIENT = 'the front end';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** What a test wants of a token; a value of `undefined` leaves a claim or parameter out. */
export interface TokenWish {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: SigningKey;
  /** The instant of the token, in milliseconds. */
  readonly at: number;
}

/** A real issuer of JSON Web Tokens on loopback: its metadata and its keys over HTTP. */
export interface JwtIssuer {
  readonly issuer: string;
  /** The keys that it publishes. A test changes them. */
  keys: SigningKey[];
  /** The requests for keys so far. */
  fetches: number;
  /** Answers a request itself; returns `true` if it did. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Returns an access token of the person `ada`, with changes. */
  token(wish: TokenWish): Promise<string>;
  readonly env: Record<string, string>;
  close(): Promise<void>;
}

type KeyPair = Pick<SigningKey, 'privateKey' | 'publicKey'>;

let rsa: KeyPair | undefined;

/** Returns the RSA key of this worker, because generating one takes 140 ms. No test needs two. */
function rsaKey(): KeyPair {
  rsa ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return rsa;
}

const SHAPES = {
  RS256: rsaKey,
  PS256: rsaKey,
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const;

/** Returns a key: a new one, except for RSA. */
export function signingKey(kid: string, alg: keyof typeof SHAPES = 'ES256'): SigningKey {
  return { kid, alg, ...SHAPES[alg]() };
}

/** Returns an object without the properties that are undefined. */
function defined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Returns the claims of an access token of `ada`. */
export function claimsAt(issuer: string, at: number): Record<string, unknown> {
  const iat = Math.floor(at / 1000);
  return {
    ...{ iss: issuer, aud: AUDIENCE, sub: 'ada', azp: CLIENT, scope: 'openid postern' },
    ...{ iat, exp: iat + 600, auth_time: iat },
  };
}

/** Starts an issuer with one key. */
export async function startJwtIssuer(): Promise<JwtIssuer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const control: JwtIssuer = {
    issuer,
    keys: [signingKey('one')],
    fetches: 0,
    intercept: () => false,
    async token({ claims = {}, header = {}, at, key = control.keys[0] as SigningKey }) {
      const payload = defined({ ...claimsAt(issuer, at), ...claims }) as JWTPayload;
      const parameters = defined({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header });
      return new SignJWT(payload)
        .setProtectedHeader(parameters as unknown as JWTHeaderParameters)
        .sign(key.privateKey, { crit: { b64: true } });
    },
    env: {
      POSTERN_PUBLIC_URL: 'https://postern.test',
      POSTERN_OIDC: 'corp',
      POSTERN_OIDC_CORP_ISSUER: issuer,
      POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
      POSTERN_OIDC_CORP_CLIENT_SECRET: 'secret',
      POSTERN_OIDC_CORP_AUDIENCE: AUDIENCE,
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', (request, response) => {
    if (request.url === '/jwks') control.fetches += 1;
    if (control.intercept(request, response)) return;
    const keys = control.keys.map(({ publicKey, kid, alg }) => ({
      ...publicKey.export({ format: 'jwk' }),
      ...{ kid, alg, use: 'sig' },
    }));
    const metadata = {
      ...{ issuer, jwks_uri: `${issuer}/jwks`, authorization_endpoint: `${issuer}/authorize` },
      ...{ token_endpoint: `${issuer}/token`, response_types_supported: ['code'] },
    };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/jwks' ? { keys } : metadata));
  });
  return control;
}
