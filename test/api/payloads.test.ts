import { getNamedType, getNullableType, isListType, isNonNullType, isObjectType } from 'graphql';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { allFields, type FieldOfType } from '../support/schema.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

const PAYLOADS = [
  ...new Set(
    allFields()
      .filter(({ type }) => type === 'Mutation')
      .map(({ field }) => getNamedType(field.type).name),
  ),
];

/** Returns whether the field is an object or a list. */
function isComposite({ field }: FieldOfType): boolean {
  return isObjectType(getNamedType(field.type)) || isListType(getNullableType(field.type));
}

/** The scalars that not every call has. */
const OPTIONAL = ['SignOutPayload.providerLogoutUrl'];

describe('in the schema', () => {
  test('every field of Query and Mutation is nullable', () => {
    const roots = allFields().filter(({ type }) => type === 'Query' || type === 'Mutation');
    expect(roots.filter(({ field }) => isNonNullType(field.type)).map(({ path }) => path)).toEqual([]);
  });

  test.each(PAYLOADS)('%s holds its scalars non-null, and everything beside them nullable', (payload) => {
    const fields = allFields().filter(({ type, path }) => type === payload && !OPTIONAL.includes(path));
    expect(payload).toMatch(/Payload$/);
    expect(fields.filter((each) => isNonNullType(each.field.type) === isComposite(each))).toEqual([]);
  });
});

/** The events of the token in a payload, which require the role Administrator. */
const AUDITED = 'secret token { auditEvents { totalCount nodes { detail } } }';

describe('a payload', () => {
  let postern: TestApp;
  beforeEach(async () => {
    postern = await startTestApp();
  });
  afterEach(() => postern.close());

  test('keeps its secret if a field below its token is refused', async () => {
    const manager = await postern.person('Mae', 'WORKSPACE_MANAGER');
    const input = { workspaceId: postern.workspaceId, name: 'ci' };
    const { data, errors } = await mutate(postern, 'createWorkspaceToken', input, manager.session, AUDITED);
    expect(data.createWorkspaceToken).toEqual({
      secret: expect.stringMatching(/^wst_/),
      token: null,
    });
    expect(errors.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual([
      ['createWorkspaceToken.token.auditEvents', 'FORBIDDEN'],
    ]);
  });

  test('keeps its secret if a field below its token fails', async () => {
    const { id } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    await sql`update audit_events set detail = '{'`.execute(postern.database.db);
    const { session } = postern.owner;
    const { data, code } = await mutate(postern, 'regenerateToken', { id }, session, AUDITED);
    expect(code).toBe('INTERNAL_SERVER_ERROR');
    expect(data.regenerateToken).toEqual({ secret: expect.stringMatching(/^wst_/), token: null });
  });

  test('is authorized as the caller was when the mutation began', async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const { data, errors } = await mutate(postern, 'regenerateToken', { id }, secret, AUDITED);
    expect(errors).toEqual([]);
    expect(data.regenerateToken.token.auditEvents.totalCount).toBe(2);
    const viewer = '{ viewer { kind } }';
    expect((await postern.post(viewer, {}, data.regenerateToken.secret)).code).toBeUndefined();
    expect((await postern.post(viewer, {}, secret)).code).toBe('INVALID_TOKEN');
  });

  test('does not keep a replaced secret valid for the next field of its document', async () => {
    const { id, secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR');
    const { data, errors } = await postern.post(
      `mutation ($id: ID!) {
        first: regenerateToken(input: { id: $id }) { ${AUDITED} }
        second: regenerateToken(input: { id: $id }) { ${AUDITED} }
      }`,
      { id },
      secret,
    );
    expect(data.first.token.auditEvents.totalCount).toBe(2);
    expect(data.second).toBeNull();
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['second'], 'UNAUTHENTICATED'],
    ]);
  });

  test('is returned whether or not another mutation of its document is refused', async () => {
    const { secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes: [{ entityType: 'token', operations: ['CREATE'] }],
    });
    const { data, errors } = await postern.post(
      `mutation {
        first: createToken(input: { name: "a" }) { secret }
        deleteAllTokens { deletedCount }
        second: createToken(input: { name: "b" }) { secret }
      }`,
      {},
      secret,
    );
    expect(data).toEqual({
      first: { secret: expect.stringMatching(/^pat_/) },
      deleteAllTokens: null,
      second: { secret: expect.stringMatching(/^pat_/) },
    });
    expect(errors).toHaveLength(1);
  });
});
