import { readFileSync } from 'node:fs';
import type { Environment } from './config-environment.ts';
import { oneOf, onOff } from './config-parsers.ts';
import { GROUP_SOURCES, isGroupName } from './domain/accounts/groups.ts';
import { type IdentityProvider, PROVISIONING } from './domain/accounts/identity-provider.ts';

// The variables POSTERN_OIDC_<NAME>_…, of which each identity provider has a set.

const PREFIX = 'POSTERN_OIDC_';

function wrong(what: string): never {
  throw new Error(what);
}

/** Returns the items of a list that is separated by commas. */
export function listed(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Parses the names of providers or issuers, separated by commas. */
export function providerNames(text: string): readonly string[] {
  const names = listed(text);
  const isValid = names.every((name) => /^[a-z][a-z0-9]{0,31}$/.test(name));
  return isValid && new Set(names).size === names.length
    ? names
    : wrong('must be different names of lower-case letters and digits, separated by commas');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** The hosts of Microsoft Entra ID, whose first path segment is the tenant. */
const ENTRA_HOST = /(?:^|\.)(?:microsoftonline\.(?:com|us|de)|partner\.microsoftonline\.cn)$/;
const ENTRA_TENANTS = ['common', 'organizations', 'consumers'];

/** Returns whether the issuer stands for several tenants, so that a stranger's tenant could sign its own people in. */
function isMultiTenant({ hostname, pathname }: URL): boolean {
  const [, tenant = ''] = pathname.toLowerCase().split('/');
  return /%7b|\{/i.test(pathname) || (ENTRA_HOST.test(hostname) && ENTRA_TENANTS.includes(tenant));
}

/** Parses an issuer identifier (OpenID Connect Core, section 1.2). It is compared with what the provider states, so it is not normalized. */
export function issuer(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : wrong('must be the URL of the issuer');
  const { protocol, hostname, username, password } = url;
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback(hostname)))
    wrong('must begin with https://');
  if (username !== '' || password !== '' || /[?#]/.test(text)) wrong('must have no user, query or fragment');
  if (text.includes('/.well-known/')) wrong('must be the issuer, without /.well-known/openid-configuration');
  if (isMultiTenant(url)) wrong('is shared by several tenants: name the issuer of one tenant');
  return text;
}

function text(value: string): string {
  return value.trim() === '' || value.length > 500 ? wrong('must be set') : value;
}

function scopes(value: string): string {
  const names = value.split(/\s+/).filter((name) => name !== '');
  const isValid = names.includes('openid') && names.every((name) => /^[!#-[\]-~]+$/.test(name));
  return isValid ? names.join(' ') : wrong('must be scopes separated by spaces, openid among them');
}

function claimName(value: string): string {
  return /^[\w:./-]{1,100}$/.test(value) ? value : wrong('must be the name of a claim');
}

function domains(value: string): readonly string[] {
  const names = listed(value.toLowerCase());
  return names.every((name) => /^[^\s@.*]+(?:\.[^\s@.*]+)*$/u.test(name))
    ? names
    : wrong('must be domains such as example.com, separated by commas, without a star');
}

/** Parses the names of groups, which are compared exactly. */
function groups(value: string): readonly string[] | '*' {
  const names = listed(value);
  if (names.length === 1 && names[0] === '*') return '*';
  return names.every((name) => name !== '*' && isGroupName(name))
    ? names
    : wrong('must be the names of groups, separated by commas, or * alone');
}

function optionalText(value: string): string | null {
  return value === '' ? null : text(value);
}

function scope(value: string): string | null {
  return value === '' || /^[!#-[\]-~]+$/.test(value) ? value || null : wrong('must be one scope');
}

const groupSource = oneOf(...GROUP_SOURCES);
const provisioning = oneOf(...PROVISIONING);

/** The variables of one provider by their endings, in the order of `.env.example`. */
const VARIABLES = {
  ISSUER: 'The issuer, such as https://id.example; http is accepted for a loopback address only.',
  CLIENT_ID: 'The client id that the provider gave Postern.',
  CLIENT_SECRET: 'The client secret.',
  CLIENT_SECRET_FILE: 'A file with the client secret, in place of the variable.',
  LABEL: 'The name of the provider on the button; empty: the name in POSTERN_OIDC.',
  SCOPES: 'The scopes to ask for, separated by spaces; empty: openid email profile.',
  SUBJECT_CLAIM: 'The claim that identifies a person permanently; empty: sub. Entra ID: oid.',
  PROVISION:
    'Which people without an account get one by signing in: off (the default), invited (those with an open invitation to their verified address), or on.',
  DOMAINS:
    'The domains of verified addresses whose people are allowed to sign in, separated by commas; empty: everyone, and no address counts as verified unless it is trusted.',
  TRUST_EMAIL:
    'on if every address from this provider is verified although it does not say so; off (the default) otherwise.',
  GROUPS_CLAIM: 'The claim with the names of the groups of a person; empty: groups.',
  GROUPS:
    'The groups that workspaces can give a role, separated by commas, written exactly as the provider does; * for all; empty: none.',
  GROUPS_FROM: 'Where groups come from: claim (the default; sign-ins and JWTs) or scim.',
  AUDIENCE:
    'The audience (aud) of access tokens of the provider, in the form of JWTs, that count as sessions; never a client id; empty: none do.',
  CLIENTS:
    'The clients (azp, client_id) whose JWTs count, separated by commas; empty: those of every client.',
  REQUIRED_SCOPE: 'A scope that such a JWT must have; empty: any.',
} as const;

type Ending = keyof typeof VARIABLES;

/** The name and description of each variable of a provider that is called `corp`. */
export const PROVIDER_ENVIRONMENT: readonly { readonly name: string; readonly about: string }[] =
  Object.freeze(
    Object.entries(VARIABLES).map(([ending, about]) => ({ name: `${PREFIX}CORP_${ending}`, about })),
  );

function nameOf(id: string, ending: Ending): string {
  return `${PREFIX}${id.toUpperCase()}_${ending}`;
}

/** Returns the names of the variables of providers. */
export function providerVariables(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => (Object.keys(VARIABLES) as Ending[]).map((ending) => nameOf(id, ending)));
}

function secretOf(value: string, file: string): string {
  if ((value === '') === (file === '')) wrong('must be set, or the same name with _FILE, but not both');
  if (file === '') return value;
  try {
    return text(readFileSync(file, 'utf8').replace(/\r?\n$/, ''));
  } catch {
    return wrong('cannot be read: the name with _FILE must be a file that contains it');
  }
}

/** Reads one provider and adds what is wrong to `problems`. */
function readProvider(id: string, env: Environment, problems: string[]): IdentityProvider {
  function read<T>(ending: Ending, fallback: string, parse: (text: string) => T): T {
    const name = nameOf(id, ending);
    try {
      return parse(env[name] || fallback);
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : 'is invalid'}`);
      return undefined as T;
    }
  }

  const provider: IdentityProvider = {
    id,
    issuer: read('ISSUER', '', issuer),
    clientId: read('CLIENT_ID', '', text),
    clientSecret: read('CLIENT_SECRET', '', (value) =>
      secretOf(value, env[nameOf(id, 'CLIENT_SECRET_FILE')] ?? ''),
    ),
    label: read('LABEL', id, text),
    scopes: read('SCOPES', 'openid email profile', scopes),
    subjectClaim: read('SUBJECT_CLAIM', 'sub', claimName),
    provisioning: read('PROVISION', 'off', provisioning),
    domains: read('DOMAINS', '', domains),
    trustsEmail: read('TRUST_EMAIL', 'off', onOff),
    groupsClaim: read('GROUPS_CLAIM', 'groups', claimName),
    groups: read('GROUPS', '', groups),
    groupsFrom: read('GROUPS_FROM', 'claim', groupSource),
    audience: read('AUDIENCE', '', optionalText),
    clients: read('CLIENTS', '', listed),
    requiredScope: read('REQUIRED_SCOPE', '', scope),
  };
  // No address would ever count as verified, so no invitation would ever fit.
  if (provider.provisioning === 'invited' && provider.domains?.length === 0 && !provider.trustsEmail) {
    problems.push(
      `${nameOf(id, 'PROVISION')} is invited, which requires ${nameOf(id, 'DOMAINS')} or ${nameOf(id, 'TRUST_EMAIL')}`,
    );
  }
  return provider;
}

/**
 * Returns the providers of an environment by the names in `POSTERN_OIDC`. Adds what is wrong to `problems`, by the names of
 * variables and without their values.
 */
export function readProviders(
  ids: readonly string[],
  env: Environment,
  problems: string[],
): readonly IdentityProvider[] {
  const providers = ids.map((id) => readProvider(id, env, problems));
  for (const { id, audience } of providers) {
    // Otherwise the ID tokens for that client would be sessions.
    if (audience === null || !providers.some(({ clientId }) => clientId === audience)) continue;
    problems.push(`${nameOf(id, 'AUDIENCE')} must not be the id of a client`);
  }
  return providers;
}
