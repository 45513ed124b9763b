import type { Answer, TestApp } from './app.ts';
import { mutate } from './channels.ts';
import { type JwtIssuer, startJwtIssuer, type TokenWish } from './jwt-issuer.ts';

const PUBLIC_URL = 'https://postern.test';
/** An audience that federations can share. */
export const SHARED_AUDIENCE = 'https://shared.example';

const FIELDS =
  'federation { id name issuer audience role maxLifetime singleUse lastUsedAt claims { name value } }';

/** A JSON Web Token of GitHub Actions, without its instants. */
export const GITHUB = {
  sub: 'repo:acme/app:ref:refs/heads/main',
  repository: 'acme/app',
  repository_id: '5',
  repository_owner: 'acme',
  repository_owner_id: '65',
  repository_visibility: 'private',
  run_attempt: '1',
  ref: 'refs/heads/main',
  ref_protected: 'true',
  workflow: 'deploy',
  job_workflow_ref: 'acme/app/.github/workflows/deploy.yml@refs/heads/main',
};

/** A JSON Web Token of GitLab CI, without its instants. */
export const GITLAB = {
  sub: 'project_path:acme/app:ref_type:branch:ref:main',
  namespace_id: '72',
  namespace_path: 'acme',
  project_id: '20',
  project_path: 'acme/app',
  user_login: 'ada',
  pipeline_source: 'push',
  ref: 'main',
  ref_type: 'branch',
  ref_protected: 'true',
};

/** A projected token of a Kubernetes service account, without its instants. */
export const KUBERNETES = {
  sub: 'system:serviceaccount:shop:deployer',
  'kubernetes.io': {
    namespace: 'shop',
    pod: { name: 'deployer-1', uid: '5e0bd49b-f040-43b0-99b7-22765a53f7f3' },
    serviceaccount: { name: 'deployer', uid: '14ee3fa4-a7e2-420f-9f9a-dbc4507c3798' },
  },
};

/** A federation just created. */
export interface CreatedFederation {
  readonly id: string;
  readonly audience: string;
}

/** The response of the token endpoint. */
export interface ExchangeAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, any>;
}

/** Starts an issuer of JSON Web Tokens; returns it with the settings of a Postern that lists it as `ci`. */
export async function startFederationIssuer(): Promise<{ issuer: JwtIssuer; env: Record<string, string> }> {
  const issuer = await startJwtIssuer();
  return {
    issuer,
    env: {
      POSTERN_PUBLIC_URL: PUBLIC_URL,
      POSTERN_FEDERATION: 'ci',
      POSTERN_FEDERATION_CI_ISSUER: issuer.issuer,
      POSTERN_FEDERATION_AUDIENCES: SHARED_AUDIENCE,
    },
  };
}

/** Creates a federation, by default as the owner for the repositories of `acme`. */
export function tryToCreate(
  postern: TestApp,
  issuer: string,
  input: object = {},
  by: string = postern.owner.session,
): Promise<Answer> {
  const claims = [{ name: 'repository_owner', value: 'acme' }];
  const federation = { workspaceId: postern.workspaceId, name: 'ci', issuer, claims, role: 'TEAM_MEMBER' };
  return mutate(postern, 'createFederation', { ...federation, ...input }, by, FIELDS);
}

/** Creates a federation as `tryToCreate`. Throws if that is refused. */
export async function createFederation(
  postern: TestApp,
  issuer: string,
  input: object = {},
  by?: string,
): Promise<CreatedFederation> {
  const { data, errors } = await tryToCreate(postern, issuer, input, by);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return data.createFederation.federation;
}

/** Returns a JSON Web Token of the shape of GitHub's for a federation, with an id that no other has. */
export function jwtFor(
  issuer: JwtIssuer,
  { audience }: { readonly audience: unknown },
  { claims = {}, header = {}, ...wish }: TokenWish,
): Promise<string> {
  return issuer.token({
    ...wish,
    header: { typ: 'JWT', ...header },
    claims: {
      ...{ azp: undefined, scope: undefined, auth_time: undefined },
      ...GITHUB,
      ...{ aud: audience, jti: crypto.randomUUID() },
      ...claims,
    },
  });
}

/** Sends a form to the token endpoint. A value of `undefined` leaves a parameter out. */
export async function exchange(
  { fetch }: Pick<TestApp, 'fetch'>,
  subjectToken: string,
  parameters: Readonly<Record<string, string | undefined>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<ExchangeAnswer> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: subjectToken,
    ...parameters,
  };
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const response = await fetch(
    new Request('https://postern.test/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(given).toString(),
    }),
  );
  return { status: response.status, headers: response.headers, body: (await response.json()) as any };
}
