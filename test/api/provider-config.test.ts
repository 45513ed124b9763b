import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';

const CORP = {
  POSTERN_PUBLIC_URL: 'https://postern.example',
  POSTERN_OIDC: 'corp',
  POSTERN_OIDC_CORP_ISSUER: 'https://id.example/realms/corp',
  POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
  POSTERN_OIDC_CORP_CLIENT_SECRET: 'swordfish',
};

function complaintAbout(env: Record<string, string | undefined>): string {
  try {
    readConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

test('a provider needs an issuer and a client, lets no one in who has no account, and trusts no address', () => {
  expect(readConfig(CORP).providers).toEqual([
    {
      id: 'corp',
      label: 'corp',
      issuer: 'https://id.example/realms/corp',
      clientId: 'postern',
      clientSecret: 'swordfish',
      scopes: 'openid email profile',
      subjectClaim: 'sub',
      provisioning: 'off',
      domains: [],
      trustsEmail: false,
      groupsClaim: 'groups',
      groups: [],
      groupsFrom: 'claim',
      audience: null,
      clients: [],
      requiredScope: null,
    },
  ]);
});

test('several providers have settings of their own', () => {
  const { providers } = readConfig({
    ...CORP,
    POSTERN_OIDC: 'corp, entra',
    POSTERN_OIDC_CORP_LABEL: 'Example Corp',
    POSTERN_OIDC_ENTRA_ISSUER: 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0',
    POSTERN_OIDC_ENTRA_CLIENT_ID: 'another',
    POSTERN_OIDC_ENTRA_CLIENT_SECRET: 'trout',
    POSTERN_OIDC_ENTRA_SCOPES: 'openid  email',
    POSTERN_OIDC_ENTRA_SUBJECT_CLAIM: 'oid',
    POSTERN_OIDC_ENTRA_PROVISION: 'invited',
    POSTERN_OIDC_ENTRA_DOMAINS: 'Example.com, example.org',
    POSTERN_OIDC_ENTRA_TRUST_EMAIL: 'on',
  });
  expect(providers.map(({ label }) => label)).toEqual(['Example Corp', 'entra']);
  expect(providers[1]).toMatchObject({
    clientSecret: 'trout',
    scopes: 'openid email',
    subjectClaim: 'oid',
    provisioning: 'invited',
    domains: ['example.com', 'example.org'],
    trustsEmail: true,
  });
});

test('the secret can be in a file, whose last line break does not count', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-'));
  const file = join(folder, 'secret');
  writeFileSync(file, 'from a file\n');
  const env = { ...CORP, POSTERN_OIDC_CORP_CLIENT_SECRET: '', POSTERN_OIDC_CORP_CLIENT_SECRET_FILE: file };
  expect(readConfig(env).providers[0]?.clientSecret).toBe('from a file');
  expect(complaintAbout({ ...env, POSTERN_OIDC_CORP_CLIENT_SECRET: 'x' })).toContain('but not both');
  rmSync(folder, { recursive: true });
  expect(complaintAbout(env)).toMatch(/^POSTERN_OIDC_CORP_CLIENT_SECRET cannot be read/);
});

test('a provider on the same machine can use http', () => {
  for (const POSTERN_OIDC_CORP_ISSUER of [
    'http://localhost:9000',
    'http://127.0.0.1:9000/',
    'http://[::1]:9000',
  ]) {
    expect(readConfig({ ...CORP, POSTERN_OIDC_CORP_ISSUER }).providers[0]?.issuer).toBe(
      POSTERN_OIDC_CORP_ISSUER,
    );
  }
});

describe('a provider that would be unsafe or could never work is refused, without repeating the value', () => {
  test.each([
    ['POSTERN_OIDC', 'Corp'],
    ['POSTERN_OIDC', 'corp,corp'],
    ['POSTERN_OIDC_CORP_ISSUER', ''],
    ['POSTERN_OIDC_CORP_ISSUER', 'id.example'],
    ['POSTERN_OIDC_CORP_ISSUER', 'http://id.example'],
    ['POSTERN_OIDC_CORP_ISSUER', 'http://localhost.example'],
    ['POSTERN_OIDC_CORP_ISSUER', 'https://ada:pike@id.example'],
    ['POSTERN_OIDC_CORP_ISSUER', 'https://id.example/?tenant=1'],
    ['POSTERN_OIDC_CORP_ISSUER', 'https://id.example/.well-known/openid-configuration'],
    ['POSTERN_OIDC_CORP_ISSUER', 'https://login.microsoftonline.com/common/v2.0'],
    ['POSTERN_OIDC_CORP_ISSUER', 'https://login.microsoftonline.com/Organizations/v2.0'],
    ['POSTERN_OIDC_CORP_ISSUER', 'https://login.microsoftonline.us/consumers/v2.0'],
    ['POSTERN_OIDC_CORP_ISSUER', 'https://login.microsoftonline.com/{tenantid}/v2.0'],
    ['POSTERN_OIDC_CORP_CLIENT_ID', ''],
    ['POSTERN_OIDC_CORP_CLIENT_SECRET', ''],
    ['POSTERN_OIDC_CORP_SCOPES', 'email profile'],
    ['POSTERN_OIDC_CORP_SUBJECT_CLAIM', 'a claim'],
    ['POSTERN_OIDC_CORP_PROVISION', 'yes'],
    ['POSTERN_OIDC_CORP_DOMAINS', '*.example.com'],
    ['POSTERN_OIDC_CORP_DOMAINS', 'ada@example.com'],
    ['POSTERN_OIDC_CORP_TRUST_EMAIL', 'yes'],
    ['POSTERN_OIDC_CORP_GROUPS', 'staff,*'],
    ['POSTERN_OIDC_CORP_GROUPS_FROM', 'ldap'],
    ['POSTERN_OIDC_CORP_AUDIENCE', 'postern'],
    ['POSTERN_OIDC_CORP_REQUIRED_SCOPE', 'a b'],
    ['POSTERN_OIDC_CORP_GROUPS_CLAIM', 'a b'],
    ['POSTERN_OIDC_CORP_PROVISION', 'invited'],
    ['POSTERN_OIDC_CORP_TRUST_EMAILS', 'on'],
    ['POSTERN_OIDC_OTHER_ISSUER', 'https://other.example'],
  ])('%s=%s', (name, value) => {
    const complaint = complaintAbout({ ...CORP, [name]: value });
    expect(complaint).toMatch(new RegExp(`(?:^|; )${name} `));
    expect(complaint).not.toContain('swordfish');
    if (value.includes(':')) expect(complaint).not.toContain(value);
  });

  test('POSTERN_OIDC without POSTERN_PUBLIC_URL', () => {
    expect(complaintAbout({ ...CORP, POSTERN_PUBLIC_URL: undefined })).toMatch(
      /^POSTERN_OIDC requires POSTERN_PUBLIC_URL/,
    );
  });
});
