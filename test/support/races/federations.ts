import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { START, type TestApp } from '../app.ts';
import { mutate } from '../channels.ts';
import { exchange } from '../federation.ts';
import { type SigningKey, signingKey } from '../jwt-issuer.ts';
import type { IssuedToken } from '../tokens.ts';

/** A federation that the first Owner created, a token that it gave, and a JSON Web Token for another one. */
export interface FederationOfScene {
  readonly federationId: string;
  readonly federated: IssuedToken;
  readonly subjectToken: string;
}

/** The input of a federation. */
export const TRUST = {
  ...{ name: 'ci', issuer: 'https://token.actions.githubusercontent.com', role: 'ADMINISTRATOR' },
  claims: [{ name: 'repository_owner', value: 'acme' }],
};

/** Returns a key of the issuer, with the settings of a server that knows it. */
export function createIssuerKey() {
  const key = signingKey('race');
  // It is in use until the last test of the file.
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'jwks.json');
  const { kid, alg, publicKey } = key;
  writeFileSync(file, JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg }] }));
  return { key, settings: { POSTERN_FEDERATION_GITHUB_JWKS_FILE: file } };
}

function signSubjectToken(key: SigningKey, audience: string, jti: string): Promise<string> {
  const iat = START / 1000;
  return new SignJWT({ iss: TRUST.issuer, aud: audience, repository_owner: 'acme', jti, iat, exp: iat + 600 })
    .setProtectedHeader({ alg: key.alg, kid: key.kid })
    .sign(key.privateKey);
}

/** Creates a federation as the first Owner, and a token of it. */
export async function createFederation(app: TestApp, key: SigningKey): Promise<FederationOfScene> {
  const { workspaceId, owner } = app;
  const input = { workspaceId, ...TRUST };
  const created = await mutate(app, 'createFederation', input, owner.session, 'federation { id audience }');
  const { id: federationId, audience } = created.data.createFederation.federation;
  const { body } = await exchange(app, await signSubjectToken(key, audience, 'first'));
  const { data } = await app.post('{ viewer { token { id } } }', {}, body.access_token);
  const federated = { id: data.viewer.token.id, secret: body.access_token };
  return { federationId, federated, subjectToken: await signSubjectToken(key, audience, 'second') };
}
