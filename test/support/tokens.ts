import type { Role } from '../../src/domain/roles.ts';
import type { SecretKind } from '../../src/domain/secret.ts';
import { createSecretSource } from '../../src/platform/secrets.ts';
import type { TestApp } from './app.ts';

/** A token just created. */
export interface IssuedToken {
  /** A global id. */
  readonly id: string;
  readonly secret: string;
}

async function create(postern: TestApp, field: string, input: object, by: string): Promise<IssuedToken> {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${field}(input: $input) { secret token { id } } }`;
  const { data, errors } = await postern.post(query, { input }, by);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return { id: data[field].token.id, secret: data[field].secret };
}

/** Creates a personal token of the user of a secret. Its access is `FULL` unless the input sets another one. */
export function createPersonalToken(postern: TestApp, by: string, input: object = {}): Promise<IssuedToken> {
  return create(postern, 'createToken', { name: 'personal', access: 'FULL', ...input }, by);
}

/** Creates a workspace token, by default in the owner's workspace and as the owner. */
export function createWorkspaceToken(
  postern: TestApp,
  role: Role,
  input: object = {},
  by: string = postern.owner.session,
): Promise<IssuedToken> {
  const { workspaceId } = postern;
  return create(postern, 'createWorkspaceToken', { workspaceId, name: 'workspace', role, ...input }, by);
}

/** Returns a well-formed secret that was never issued. */
export function unknownSecret(kind: SecretKind = 'PERSONAL', prefix = ''): string {
  return createSecretSource(prefix).issue(kind).secret;
}
