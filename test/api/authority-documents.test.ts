import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';

let postern: TestApp;
let people = 0;

beforeAll(async () => {
  postern = await startTestApp({ POSTERN_TOKENS_PER_USER: '1000' });
});

afterAll(() => postern.close());

/** Returns the reason of each refused field of a document. */
function refusalsIn({ errors }: Answer): Record<string, string> {
  return Object.fromEntries(
    errors.map(({ path, extensions }) => [String(path?.[0]), extensions.reason ?? extensions.code]),
  );
}

async function newPerson(...[role]: Parameters<TestApp['person']>[1][]): Promise<Person> {
  people += 1;
  return postern.person(`person${people}`, role);
}

async function policyOf(
  workspaceId: string,
): Promise<{ requireExpiry: boolean; maxLifetime: string | null }> {
  const query = 'query ($id: ID!) { workspace(id: $id) { tokenPolicy { requireExpiry maxLifetime } } }';
  const { data } = await postern.post(query, { id: workspaceId }, postern.owner.session);
  return data.workspace.tokenPolicy;
}

describe('each field of a mutation is authorized separately', () => {
  let workspaceId: string;
  let other: Person;

  beforeEach(async () => {
    other = await newPerson();
    workspaceId = await postern.workspace(`w-${people}`, [
      [postern.owner, 'OWNER'],
      [other, 'OWNER'],
    ]);
  });

  test('a role that is lost in the first field is not available in the second', async () => {
    const response = await postern.post(
      `mutation ($w: ID!, $me: ID!) {
        stepDown: updateMemberRole(input: { workspaceId: $w, userId: $me, role: VIEWER }) { member { role } }
        next: updateTokenPolicy(input: { workspaceId: $w, requireExpiry: true }) { workspace { id } }
        still: updateWorkspace(input: { id: $w, name: "mine" }) { workspace { id } }
      }`,
      { w: workspaceId, me: other.id },
      other.session,
    );
    expect(refusalsIn(response)).toEqual({ next: 'ROLE_REQUIRED', still: 'ROLE_REQUIRED' });
    expect(await policyOf(workspaceId)).toMatchObject({ requireExpiry: false });
    const { data } = await postern.post(
      'query ($w: ID!) { workspace(id: $w) { name viewerRole } }',
      { w: workspaceId },
      other.session,
    );
    expect(data.workspace).toEqual({ name: `w-${people}`, viewerRole: 'VIEWER' });
  });

  test('a member who leaves in the first field cannot see the workspace in the second', async () => {
    const response = await postern.post(
      `mutation ($w: ID!, $me: ID!) {
        leave: removeMember(input: { workspaceId: $w, userId: $me }) { removedUserId }
        next: updateWorkspace(input: { id: $w, name: "mine" }) { workspace { id } }
      }`,
      { w: workspaceId, me: other.id },
      other.session,
    );
    expect(refusalsIn(response)).toEqual({ next: 'NOT_FOUND' });
  });

  test('a session that signs out in the first field is anonymous in the second', async () => {
    const session = await postern.signIn(other.email);
    const response = await postern.post(
      'mutation { signOut { signedOut } next: createToken(input: { name: "late" }) { secret } }',
      {},
      session,
    );
    expect(refusalsIn(response)).toEqual({ next: 'UNAUTHENTICATED' });
  });

  test.each(['deleteToken', 'revokeToken', 'disableToken'])(
    'a token that calls %s on itself ends there',
    async (field) => {
      const scopes = [{ entityType: 'token', operations: ['UPDATE', 'DELETE'] }];
      const { id, secret } = await createPersonalToken(postern, other.session, { access: 'SCOPED', scopes });
      const response = await postern.post(
        `mutation ($id: ID!) {
        end: ${field}(input: { id: $id }) { __typename }
        next: updateToken(input: { id: $id, name: "late" }) { token { id } }
      }`,
        { id },
        secret,
      );
      expect(refusalsIn(response)).toEqual({ next: 'UNAUTHENTICATED' });
    },
  );

  test('a token that removes its scopes has none in the next field', async () => {
    const scopes = [
      { entityType: 'token', operations: ['UPDATE'] },
      { entityType: 'channel', operations: ['CREATE'] },
    ];
    const { id, secret } = await createPersonalToken(postern, other.session, { access: 'SCOPED', scopes });
    const response = await postern.post(
      `mutation ($id: ID!, $w: ID!) {
        before: createChannel(input: { workspaceId: $w, name: "before" }) { channel { id } }
        give: removeAllTokenScopes(input: { id: $id }) { token { id } }
        next: createChannel(input: { workspaceId: $w, name: "next" }) { channel { id } }
      }`,
      { id, w: workspaceId },
      secret,
    );
    expect(refusalsIn(response)).toEqual({ next: 'MISSING_SCOPE' });
    const { data } = await postern.post(
      'query ($w: ID!) { channels(workspaceId: $w) { nodes { name } } }',
      { w: workspaceId },
      other.session,
    );
    expect(data.channels.nodes).toEqual([{ name: 'before' }]);
  });

  test('a workspace token that sets a policy against itself is denied by it', async () => {
    const { secret } = await createWorkspaceToken(postern, 'ADMINISTRATOR', { workspaceId });
    const response = await postern.post(
      `mutation ($w: ID!) {
        strict: updateTokenPolicy(input: { workspaceId: $w, maxLifetime: "P1D" }) { __typename }
        next: updateTokenPolicy(input: { workspaceId: $w, maxLifetime: null }) { __typename }
      }`,
      { w: workspaceId },
      secret,
    );
    expect(refusalsIn(response)).toEqual({ next: 'POLICY' });
    expect(await policyOf(workspaceId)).toMatchObject({ maxLifetime: 'P1D' });
  });

  test('a refused field does not affect those before and after it', async () => {
    const response = await postern.post(
      `mutation ($w: ID!, $none: ID!) {
        done: updateWorkspace(input: { id: $w, name: "done" }) { __typename }
        refused: updateWorkspace(input: { id: $none, name: "x" }) { __typename }
        next: updateWorkspace(input: { id: $w, name: "next" }) { __typename }
      }`,
      { w: workspaceId, none: 'nothing' },
      other.session,
    );
    expect(response.data).toEqual({
      done: { __typename: 'UpdateWorkspacePayload' },
      refused: null,
      next: { __typename: 'UpdateWorkspacePayload' },
    });
    expect(refusalsIn(response)).toEqual({ refused: 'NOT_FOUND' });
    const query = 'query ($w: ID!) { workspace(id: $w) { name } }';
    const { data } = await postern.post(query, { w: workspaceId }, other.session);
    expect(data.workspace.name).toBe('next');
  });
});

describe('a document with allowed and denied fields', () => {
  test('authorizes each alias separately, and returns the others', async () => {
    const stranger = await newPerson();
    const foreign = await postern.workspace(`w-${people}`, [[stranger, 'OWNER']]);
    const scopes = [{ entityType: 'workspace', operations: ['READ'], workspaceId: postern.workspaceId }];
    const { id, secret } = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes,
    });
    const response = await postern.post(
      `query ($home: ID!, $foreign: ID!, $token: ID!) {
        a: workspace(id: $home) { id }
        b: workspace(id: $foreign) { id }
        c: workspace(id: "nothing") { id }
        d: workspace(id: $home) { members { totalCount } }
        e: token(id: $token) { id }
        f: node(id: $token) { id }
        g: workspace(id: $home) { auditEvents { totalCount } }
      }`,
      { home: postern.workspaceId, foreign, token: id },
      secret,
    );
    expect(response.status).toBe(200);
    expect(response.data).toMatchObject({
      a: { id: postern.workspaceId },
      b: null,
      c: null,
      e: null,
      f: null,
      g: null,
    });
    expect(response.data.d.members.totalCount).toBeGreaterThan(0);
    expect(refusalsIn(response)).toEqual({ e: 'MISSING_SCOPE', f: 'MISSING_SCOPE', g: 'ROLE_GATED' });
  });

  test('returns the schema to every caller, also beside a refused field', async () => {
    const response = await postern.post('{ __schema { queryType { name } } viewer { kind } }');
    expect(response.data).toEqual({ __schema: { queryType: { name: 'Query' } }, viewer: null });
    expect(refusalsIn(response)).toEqual({ viewer: 'UNAUTHENTICATED' });
  });
});

describe('a field is authorized the same on every path to it', () => {
  test('a share of a channel gives no access to its workspace', async () => {
    const guest = await newPerson();
    const { data } = await postern.post(
      'mutation ($w: ID!) { createChannel(input: { workspaceId: $w, name: "c" }) { channel { id } } }',
      { w: postern.workspaceId },
      postern.owner.session,
    );
    const { id } = data.createChannel.channel;
    await postern.post(
      'mutation ($id: ID!, $email: EmailAddress!) { shareChannel(input: { id: $id, email: $email, operations: [READ] }) { __typename } }',
      { id, email: guest.email },
      postern.owner.session,
    );
    for (const field of ['members { totalCount }', 'tokenPolicy { requireExpiry }', 'entityTypes { name }']) {
      const query = `query ($id: ID!) { channel(id: $id) { workspace { name ${field} } } }`;
      const response = await postern.post(query, { id }, guest.session);
      expect(refusalsIn(response), field).toEqual({ channel: 'NOT_FOUND' });
    }
  });

  test('a workspace token of a Viewer reads its workspace through itself, without what requires a higher role', async () => {
    const { secret } = await createWorkspaceToken(postern, 'VIEWER');
    const through = (field: string) =>
      postern.post(`{ viewer { token { workspace { ${field} } } } }`, {}, secret);
    const allowed = await through('members { totalCount } tokens { totalCount } tokenSummary { total }');
    expect(allowed.errors).toEqual([]);
    expect(refusalsIn(await through('auditEvents { totalCount }'))).toEqual({ viewer: 'ROLE_REQUIRED' });
    expect(refusalsIn(await through('invitations { id }'))).toEqual({ viewer: 'ROLE_REQUIRED' });
  });

  test('a derived token sees neither its parent nor the other tokens that the parent derived', async () => {
    const all = { entityType: 'token', operations: ['CREATE', 'READ', 'LIST'] };
    const scopes = [all];
    const top = await createPersonalToken(postern, postern.owner.session, { access: 'SCOPED', scopes });
    const child = await createPersonalToken(postern, top.secret, { access: 'SCOPED', scopes });
    await createPersonalToken(postern, top.secret, { access: 'NONE' });
    const grandchild = await createPersonalToken(postern, child.secret, { access: 'NONE' });
    const response = await postern.post(
      `query ($top: ID!) {
        viewer { token { parent { id } derived { nodes { id parent { id } } } } }
        above: token(id: $top) { id }
        tokens { nodes { id } }
      }`,
      { top: top.id },
      child.secret,
    );
    expect(response.errors).toEqual([]);
    expect(response.data).toEqual({
      viewer: {
        token: { parent: null, derived: { nodes: [{ id: grandchild.id, parent: { id: child.id } }] } },
      },
      above: null,
      tokens: { nodes: [{ id: grandchild.id }, { id: child.id }] },
    });
  });

  test('the workspace in the payload of a new user gives no access before signing in', async () => {
    const { data } = await postern.post(
      `mutation ($w: ID!) { inviteMember(input: { workspaceId: $w, email: "newcomer@example.com", role: VIEWER }) { invitationSecret } }`,
      { w: postern.workspaceId },
      postern.owner.session,
    );
    const response = await postern.post(
      `mutation ($secret: String!) {
        acceptInvitation(input: { secret: $secret, name: "Newcomer", password: "correct horse battery" }) {
          workspace { members { totalCount } }
        }
      }`,
      { secret: data.inviteMember.invitationSecret },
    );
    expect(refusalsIn(response)).toEqual({ acceptInvitation: 'UNAUTHENTICATED' });
  });
});
