import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

/** The people of the provider by their subject. A real provider also asks for a password or a passkey. */
const PEOPLE = {
  ada: { email: 'ada@example.com', email_verified: true, name: 'Ada Lovelace' },
};

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };
}

function signInPage(uid, message = '') {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Example provider</title>
<h1>Example provider</h1><p role="alert">${message}</p>
<form method="post" action="/interaction/${uid}">
<label>Person <input name="person" value="ada" required></label> <button>Continue</button>
</form></html>`;
}

async function readForm(request) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 1000) throw new Error('The form is too long.');
  }
  return new URLSearchParams(body);
}

/** Gives the client all claims that it asks for. */
async function consent(provider, { grantId, session, params, prompt }) {
  const grant =
    (grantId && (await provider.Grant.find(grantId))) ||
    new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  const { missingOIDCScope = [], missingOIDCClaims = [] } = prompt.details;
  grant.addOIDCScope(missingOIDCScope.join(' '));
  grant.addOIDCClaims(missingOIDCClaims);
  return { consent: { grantId: await grant.save() } };
}

/** Answers the steps of a sign-in that belong to the person. */
async function interact(provider, request, response) {
  const interaction = await provider.interactionDetails(request, response);
  if (interaction.prompt.name === 'consent') {
    const result = await consent(provider, interaction);
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }
  const person = request.method === 'POST' ? (await readForm(request)).get('person') : null;
  if (person !== null && Object.hasOwn(PEOPLE, person)) {
    return provider.interactionFinished(request, response, { login: { accountId: person } });
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(signInPage(interaction.uid, person === null ? '' : 'There is no such person.'));
}

/** Starts an OpenID provider on 127.0.0.1 that knows Postern as its only client. */
export async function startProvider({ port, client }) {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ ...client, response_types: ['code'], grant_types: ['authorization_code'] }],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    claims: { openid: ['sub', 'sid'], email: ['email', 'email_verified'], profile: ['name'] },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ ...PEOPLE[sub], sub }) }),
    pkce: { required: () => true },
  });
  const handle = provider.callback();
  const server = createServer((request, response) => {
    if (!request.url.startsWith('/interaction/')) return handle(request, response);
    interact(provider, request, response).catch((error) => {
      response.statusCode = 400;
      response.end(error.message);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { issuer, close: () => server.close() };
}
