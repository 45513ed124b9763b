import { readFileSync } from 'node:fs';
import type { Environment } from './config-environment.ts';
import { issuer } from './config-providers.ts';
import type { IdentityProvider } from './domain/accounts/identity-provider.ts';
import type { FederationIssuer, FederationSettings } from './domain/federation/federation.ts';

// The variables POSTERN_FEDERATION_<NAME>_…, of which each issuer has a set.

const PREFIX = 'POSTERN_FEDERATION_';

/** The variables of one issuer by their endings, in the order of `.env.example`. */
const VARIABLES = {
  ISSUER:
    'The issuer, such as https://kubernetes.default.svc; not needed for the names github and gitlab; http is accepted for a loopback address only.',
  JWKS_FILE:
    'A file with the keys of the issuer (a JWK Set), for an issuer that cannot be reached; it is read again every ten minutes. Empty: the keys are fetched from the issuer.',
} as const;

type Ending = keyof typeof VARIABLES;

/** The issuers that have one address for everyone. */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
};

/** The name and description of each variable of an issuer that is called `k8s`. */
export const FEDERATION_ENVIRONMENT: readonly { readonly name: string; readonly about: string }[] =
  Object.freeze(
    Object.entries(VARIABLES).map(([ending, about]) => ({ name: `${PREFIX}K8S_${ending}`, about })),
  );

function nameOf(id: string, ending: Ending): string {
  return `${PREFIX}${id.toUpperCase()}_${ending}`;
}

/** Returns the names of the variables of issuers. */
export function federationVariables(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => (Object.keys(VARIABLES) as Ending[]).map((ending) => nameOf(id, ending)));
}

function hasKeys(file: string): boolean {
  try {
    return Array.isArray(JSON.parse(readFileSync(file, 'utf8')).keys);
  } catch {
    return false;
  }
}

function readIssuer(id: string, env: Environment, problems: string[]): FederationIssuer {
  const name = nameOf(id, 'ISSUER');
  const keysFile = env[nameOf(id, 'JWKS_FILE')] || null;
  if (keysFile !== null && !hasKeys(keysFile)) {
    problems.push(`${nameOf(id, 'JWKS_FILE')} must be a file with a JWK Set`);
  }
  try {
    return { id, issuer: issuer(env[name] || WELL_KNOWN[id] || ''), keysFile };
  } catch (error) {
    problems.push(`${name} ${error instanceof Error ? error.message : 'is invalid'}`);
    return { id, issuer: '', keysFile };
  }
}

/**
 * Returns the settings for federations. Adds what is wrong to `problems`, by the names of variables and without their values.
 */
export function readFederationSettings(
  given: {
    readonly issuers: readonly string[];
    readonly audiences: readonly string[];
    readonly providers: readonly IdentityProvider[];
  },
  env: Environment,
  problems: string[],
): FederationSettings {
  const { audiences, providers } = given;
  const issuers = given.issuers.map((id) => readIssuer(id, env, problems));
  const addresses = issuers.map((each) => each.issuer);
  if (new Set(addresses).size < addresses.length) {
    problems.push('POSTERN_FEDERATION names two issuers with the same address');
  }
  // Otherwise a token that is meant for a sign-in or a session would count for a federation too.
  const taken = providers.flatMap(({ clientId, audience }) => [clientId, audience]);
  if (audiences.some((audience) => taken.includes(audience))) {
    problems.push('POSTERN_FEDERATION_AUDIENCES must not contain a client or an audience of POSTERN_OIDC');
  }
  return { issuers, audiences };
}
