import { readFileSync } from 'node:fs';
import { CREDENTIAL_FILE, POSTERN_URL } from './settings.js';

/** What a directory does when a person leaves the company: it finds their account and deactivates it (RFC 7644). */
const { SCIM_CREDENTIAL = readFileSync(CREDENTIAL_FILE, 'utf8') } = process.env;
const email = process.argv[2] ?? 'ada@example.com';

async function scim(method, path, body) {
  const response = await fetch(`${POSTERN_URL}/scim/v2${path}`, {
    method,
    headers: { Authorization: `Bearer ${SCIM_CREDENTIAL}`, 'Content-Type': 'application/scim+json' },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const filter = encodeURIComponent(`userName eq ${JSON.stringify(email)}`);
const { Resources } = await scim('GET', `/Users?filter=${filter}`);
if (Resources.length === 0) throw new Error(`${email} has not signed in yet.`);
const { active } = await scim('PATCH', `/Users/${Resources[0].id}`, {
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations: [{ op: 'replace', path: 'active', value: false }],
});
console.log(`${email} is ${active ? 'active' : 'deactivated'}.`);
