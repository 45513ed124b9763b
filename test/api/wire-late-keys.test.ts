import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { createFederation, exchange, jwtFor, startFederationIssuer } from '../support/federation.ts';
import { signingKey, startJwtIssuer } from '../support/jwt-issuer.ts';

/** Each test waits until the server gives up, so they wait side by side. */
const OPTIONS = { concurrent: true };

test(
  'keys of a provider that do not come within five seconds are given up, once for all who wait',
  OPTIONS,
  async ({ onTestFinished }) => {
    const issuer = await startJwtIssuer();
    onTestFinished(() => issuer.close());
    issuer.keys = [signingKey('one')];
    const env = { POSTERN_OIDC_CORP_PROVISION: 'on', POSTERN_REFUSALS_PER_MINUTE: '0' };
    const postern = await startTestApp({ ...issuer.env, ...env });
    onTestFinished(() => postern.close());
    issuer.intercept = (request) => request.url === '/jwks';
    issuer.fetches = 0;
    const send = async () => {
      const claims = { email: 'ada@example.com', jti: crypto.randomUUID() };
      const jwt = await issuer.token({ at: postern.now(), claims });
      const { status, code } = await postern.post('{ viewer { kind } }', {}, jwt);
      return `${status} ${code}`;
    };
    const started = performance.now();
    expect(await Promise.all([send(), send(), send()])).toEqual(Array(3).fill('503 UNAVAILABLE'));
    expect(performance.now() - started).toBeLessThan(8000);
    expect([await send(), issuer.fetches]).toEqual(['503 UNAVAILABLE', 1]);
  },
);

test(
  'slow keys of an issuer of a federation do not hold the server up',
  OPTIONS,
  async ({ onTestFinished }) => {
    const { issuer, env } = await startFederationIssuer();
    onTestFinished(() => issuer.close());
    const postern = await startTestApp({ ...env, POSTERN_REFUSALS_PER_MINUTE: '0' });
    onTestFinished(() => postern.close());
    const claims = [{ name: 'sub', value: 'repo:acme/*' }];
    const federation = await createFederation(postern, issuer.issuer, { claims, singleUse: false });
    issuer.intercept = ({ url }) => url === '/jwks';
    const started = performance.now();
    const waiting = exchange(postern, await jwtFor(issuer, federation, { at: postern.now() }));
    // Others are served meanwhile.
    expect((await postern.post('{ viewer { kind } }', {}, postern.owner.session)).status).toBe(200);
    expect(await waiting).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(await postern.database.db.selectFrom('used_jwts').select('digest').execute()).toEqual([]);
  },
);
