import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { createPersonalToken } from '../support/tokens.ts';

let postern: TestApp;
let person: Person;
let guestWorkspace: string;
let own: string;
let shared: string;
let foreign: string;
let elsewhere: string;

beforeEach(async () => {
  postern = await startTestApp();
  person = await postern.person('Person', 'TEAM_MEMBER');
  guestWorkspace = await postern.workspace('Guests', [[postern.owner, 'OWNER']]);
  elsewhere = await postern.workspace('Elsewhere', [[postern.owner, 'OWNER']]);
  own = await createChannel(postern);
  shared = await createChannel(postern, { name: 'shared', workspaceId: guestWorkspace });
  foreign = await createChannel(postern, { name: 'foreign', workspaceId: guestWorkspace });
  await share(postern, shared, person, ['READ', 'PUBLISH']);
});

afterEach(() => postern.close());

function tokenWith(scope: object) {
  const input = {
    name: 't',
    access: 'SCOPED',
    scopes: [{ entityType: 'channel', operations: ['READ'], ...scope }],
  };
  return mutate(
    postern,
    'createToken',
    input,
    person.session,
    'secret token { scopes { entityId workspaceId } }',
  );
}

async function reads(secret: string): Promise<string[]> {
  const found = [];
  for (const id of [own, shared, foreign]) {
    const { data } = await postern.post(`{ channel(id: "${id}") { id } }`, {}, secret);
    if (data.channel) found.push(id);
  }
  return found;
}

test('a scope can name channels that the owner can see, in one workspace or in any', async () => {
  const cases: [object, string[]][] = [
    [{}, [own, shared]],
    [{ entityId: own }, [own]],
    [{ entityId: shared }, [shared]],
    [{ workspaceId: postern.workspaceId }, [own]],
    [{ workspaceId: guestWorkspace }, [shared]],
    [{ entityId: shared, workspaceId: guestWorkspace }, [shared]],
  ];
  for (const [scope, readable] of cases) {
    const { data } = await tokenWith(scope);
    expect(data.createToken.token.scopes).toEqual([{ entityId: null, workspaceId: null, ...scope }]);
    expect(await reads(data.createToken.secret)).toEqual(readable);
  }
});

test('a scope on a channel that the owner cannot see, or that is in another workspace, is refused', async () => {
  const cases: [object, string][] = [
    [{ entityId: foreign }, 'entityId'],
    [{ entityId: postern.workspaceId }, 'entityId'],
    [{ entityId: shared, workspaceId: postern.workspaceId }, 'entityId'],
    [{ workspaceId: elsewhere }, 'workspaceId'],
    [{ operations: [] }, 'operations'],
  ];
  for (const [scope, field] of cases) {
    const { errors } = await tokenWith(scope);
    const path = ['input', 'scopes', 0, field];
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT', issues: [{ path }] } }]);
  }
});

test('a scope cannot name a workspace of which the owner has only a share', async () => {
  const scope = { entityType: 'workspace', workspaceId: guestWorkspace };
  expect((await tokenWith(scope)).code).toBe('BAD_USER_INPUT');
});

test('a channel in a workspace outside the scope looks absent', async () => {
  const { data } = await tokenWith({ workspaceId: postern.workspaceId, operations: ['UPDATE'] });
  const { secret } = data.createToken;
  const inOther = await mutate(postern, 'updateChannel', { id: shared }, secret, '__typename');
  const absent = await mutate(
    postern,
    'updateChannel',
    { id: `chn_${'0'.repeat(32)}` },
    secret,
    '__typename',
  );
  expect(inOther.code).toBe('NOT_FOUND');
  expect(inOther.errors).toEqual(absent.errors);
});

test('a derived token reaches only channels that its parent reaches too', async () => {
  const scopes = [
    { entityType: 'channel', entityId: own, operations: ['READ'] },
    { entityType: 'token', operations: ['CREATE'] },
  ];
  const parent = await createPersonalToken(postern, person.session, { access: 'SCOPED', scopes });
  const narrower = [{ entityType: 'channel', entityId: own, operations: ['READ'] }];
  const child = await createPersonalToken(postern, parent.secret, { access: 'SCOPED', scopes: narrower });
  expect(await reads(child.secret)).toEqual([own]);
  const wider = { name: 't', access: 'SCOPED', scopes: [{ entityType: 'channel', operations: ['READ'] }] };
  const { errors } = await mutate(postern, 'createToken', wider, parent.secret, 'secret');
  expect(errors[0]?.extensions).toEqual({ code: 'FORBIDDEN', reason: 'EXCEEDS_CALLER' });
});
