import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { createChannel, mutate, share } from '../support/channels.ts';
import { declared } from '../support/operations.ts';
import { createPersonalToken, createWorkspaceToken } from '../support/tokens.ts';
import { type VerifyQuery, verify } from '../support/verify.ts';

let postern: TestApp;
let workspaceId: string;
beforeEach(async () => {
  postern = await startTestApp();
  workspaceId = postern.workspaceId;
  const input = { workspaceId, name: 'repository', operations: declared('CREATE', 'READ', 'UPDATE') };
  await mutate(postern, 'registerEntityType', input, postern.owner.session, 'entityType { name }');
});
afterEach(() => postern.close());

/** The four kinds of checks about a type: the two of `/verify`, then the two of `viewer.can`. */
interface Answers {
  readonly omitted: number;
  readonly star: number;
  readonly any: number;
  readonly can: boolean;
  readonly canEvery: boolean;
}

const EVERY: Answers = { omitted: 204, star: 204, any: 204, can: true, canEvery: true };
const ANY_ONE: Answers = { omitted: 403, star: 403, any: 204, can: true, canEvery: false };
const NONE: Answers = { omitted: 403, star: 403, any: 403, can: false, canEvery: false };

const CAN = `query ($operation: Operation!, $entityType: EntityType!, $entityId: ID, $workspaceId: ID) { viewer {
  can(operation: $operation, entityType: $entityType, entityId: $entityId, workspaceId: $workspaceId) { allowed }
} }`;

async function check(secret: string, question: VerifyQuery): Promise<Answers> {
  const status = async (query: VerifyQuery) =>
    (await verify(postern, secret, { ...question, ...query })).status;
  const can = async (ids: object) =>
    (await postern.post(CAN, { ...question, ...ids }, secret)).data.viewer.can.allowed;
  return {
    omitted: await status({}),
    star: await status({ entityId: '*' }),
    any: await status({ any: 'true' }),
    can: await can({}),
    canEvery: await can({ entityId: '*' }),
  };
}

async function scoped(scope: object, by: string = postern.owner.session): Promise<string> {
  return (await createPersonalToken(postern, by, { access: 'SCOPED', scopes: [scope] })).secret;
}

const onRepositories = (operation = 'READ') => ({ operation, entityType: 'repository', workspaceId });
const onChannels = (operation = 'READ') => ({ operation, entityType: 'channel' });

describe('a check without an id is about every entity at /verify, and about at least one in viewer.can', () => {
  test('for a token with a scope on one entity of a registered type', async () => {
    const scope = { entityType: 'repository', workspaceId, operations: ['READ'] };
    expect(await check(await scoped({ ...scope, entityId: 'website' }), onRepositories())).toEqual(ANY_ONE);
    expect(await check(await scoped(scope), onRepositories())).toEqual(EVERY);
    expect(await check(await scoped(scope), onRepositories('UPDATE'))).toEqual(NONE);
  });

  test('for a token with a scope on one channel, in its workspace and anywhere', async () => {
    const entityId = await createChannel(postern);
    const one = await scoped({ entityType: 'channel', entityId, operations: ['READ'] });
    expect(await check(one, onChannels())).toEqual(ANY_ONE);
    expect(await check(one, { ...onChannels(), workspaceId })).toEqual(ANY_ONE);
    const all = await scoped({ entityType: 'channel', operations: ['READ'] });
    expect(await check(all, onChannels())).toEqual(EVERY);
    expect(await check(all, { ...onChannels(), workspaceId })).toEqual(EVERY);
  });

  test('for a token with a scope in one workspace, every entity of that workspace only', async () => {
    const other = await postern.workspace('Other', [[postern.owner, 'OWNER']]);
    const scope = { entityType: 'channel', workspaceId, operations: ['PUBLISH'] };
    const token = await scoped(scope);
    expect(await check(token, { ...onChannels('PUBLISH'), workspaceId })).toEqual(EVERY);
    expect(await check(token, { ...onChannels('PUBLISH'), workspaceId: other })).toEqual(NONE);
    expect(await check(token, onChannels('PUBLISH'))).toEqual(ANY_ONE);
  });

  test('for a derived token, what every token of its chain allows', async () => {
    const scope = { entityType: 'repository', workspaceId, operations: ['READ'] };
    const management = { entityType: 'token', operations: ['CREATE'] };
    const parent = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes: [scope, management],
    });
    const derived = await scoped(scope, parent.secret);
    expect(await check(derived, onRepositories())).toEqual(EVERY);
    const narrowed = { id: parent.id, scopes: [{ ...scope, entityId: 'website' }] };
    await mutate(postern, 'updateToken', narrowed, postern.owner.session, 'token { id }');
    expect(await check(derived, onRepositories())).toEqual(ANY_ONE);
  });

  test('for a session, by the role in the requested workspace or in any workspace', async () => {
    const viewer = await postern.person('Viewer', 'VIEWER');
    expect(await check(viewer.session, { ...onChannels(), workspaceId })).toEqual(EVERY);
    expect(await check(viewer.session, { ...onChannels('PUBLISH'), workspaceId })).toEqual(NONE);
    expect(await check(viewer.session, onChannels('PUBLISH'))).toEqual(NONE);
    await postern.workspace('Theirs', [[viewer, 'OWNER']]);
    expect(await check(viewer.session, onChannels('PUBLISH'))).toEqual(EVERY);
    expect(await check(viewer.session, { ...onChannels('PUBLISH'), workspaceId })).toEqual(NONE);
  });

  test('for a user without a workspace, none, except for lists, which are empty', async () => {
    const stranger = await postern.person('Stranger');
    const full = (await createPersonalToken(postern, stranger.session)).secret;
    for (const secret of [stranger.session, full]) {
      expect(await check(secret, onChannels())).toEqual(NONE);
      expect(await check(secret, { operation: 'READ', entityType: 'workspace' })).toEqual(NONE);
      expect(await check(secret, { operation: 'LIST', entityType: 'workspace' })).toEqual(ANY_ONE);
      expect(await check(secret, { ...onChannels(), workspaceId })).toEqual(NONE);
      expect(await check(secret, onRepositories())).toEqual(NONE);
    }
  });

  test('for a workspace token, by its role and in its workspace only', async () => {
    const { secret } = await createWorkspaceToken(postern, 'VIEWER');
    const other = await postern.workspace('Other', [[postern.owner, 'OWNER']]);
    expect(await check(secret, { ...onChannels(), workspaceId })).toEqual(EVERY);
    expect(await check(secret, onChannels('PUBLISH'))).toEqual(NONE);
    expect(await check(secret, onRepositories())).toEqual(EVERY);
    expect(await check(secret, { ...onChannels(), workspaceId: other })).toEqual(NONE);
    expect(await check(secret, { operation: 'READ', entityType: 'token' })).toEqual(NONE);
  });

  test('a policy that denies a token the workspace denies both kinds of checks', async () => {
    const token = (await createPersonalToken(postern, postern.owner.session)).secret;
    await createChannel(postern);
    expect(await check(token, onChannels())).toEqual(EVERY);
    const policy = { workspaceId, personalTokens: 'FORBIDDEN' };
    await mutate(postern, 'updateTokenPolicy', policy, postern.owner.session, '__typename');
    for (const question of [onChannels(), { ...onChannels(), workspaceId }, onRepositories()]) {
      expect(await check(token, question)).toEqual(NONE);
    }
  });

  test('the requested workspace is the only workspace inside it', async () => {
    const token = await scoped({ entityType: 'workspace', entityId: workspaceId, operations: ['READ'] });
    expect(await check(token, { operation: 'READ', entityType: 'workspace', workspaceId })).toEqual(EVERY);
    expect(await check(token, { operation: 'READ', entityType: 'workspace' })).toEqual(ANY_ONE);
  });
});

describe('a share of one channel', () => {
  let guest: Person;
  let channel: string;
  beforeEach(async () => {
    guest = await postern.person('Guest');
    channel = await createChannel(postern);
    await share(postern, channel, guest, ['PUBLISH']);
  });

  test('allows at least one, and not every one', async () => {
    expect(await check(guest.session, onChannels('PUBLISH'))).toEqual(ANY_ONE);
    expect(await check(guest.session, { ...onChannels('PUBLISH'), workspaceId })).toEqual(ANY_ONE);
    expect(await check(guest.session, { ...onChannels('READ'), workspaceId })).toEqual(NONE);
  });

  test('allows nothing to a token whose scope names another channel', async () => {
    const viewer = await postern.person('Viewer', 'VIEWER');
    await share(postern, channel, viewer, ['PUBLISH']);
    const other = await createChannel(postern, { name: 'other' });
    const scope = { entityType: 'channel', entityId: other, operations: ['PUBLISH'] };
    const token = await scoped(scope, viewer.session);
    expect(await check(token, { ...onChannels('PUBLISH'), workspaceId })).toEqual(NONE);
    expect(await check(token, onChannels('PUBLISH'))).toEqual(NONE);
  });
});

describe('tokens', () => {
  const onTokens = (operation: string) => ({ operation, entityType: 'token' });

  test('are those of the caller, unless the check names a workspace', async () => {
    const viewer = await postern.person('Viewer', 'VIEWER');
    expect(await check(viewer.session, onTokens('UPDATE'))).toEqual(EVERY);
    expect(await check(viewer.session, { ...onTokens('READ'), workspaceId })).toEqual(EVERY);
    expect(await check(viewer.session, { ...onTokens('UPDATE'), workspaceId })).toEqual(NONE);
    const manager = await postern.person('Manager', 'WORKSPACE_MANAGER');
    expect(await check(manager.session, { ...onTokens('UPDATE'), workspaceId })).toEqual(ANY_ONE);
    expect(await check(postern.owner.session, { ...onTokens('UPDATE'), workspaceId })).toEqual(EVERY);
  });

  test('of a workspace are denied to personal tokens, and a personal token is in no workspace', async () => {
    const personal = await createPersonalToken(postern, postern.owner.session, {
      access: 'SCOPED',
      scopes: [{ entityType: 'token', operations: ['READ'] }],
    });
    expect(await check(personal.secret, { ...onTokens('READ'), workspaceId })).toEqual(NONE);
    const question = { ...onTokens('READ'), entityId: personal.id };
    expect((await verify(postern, personal.secret, question)).status).toBe(204);
    const there = await verify(postern, personal.secret, { ...question, workspaceId });
    expect([there.status, there.refusal?.code]).toEqual([403, 'NOT_FOUND']);
  });

  test('with a scope on one of them allow at least one', async () => {
    const sibling = await createPersonalToken(postern, postern.owner.session);
    const scope = { entityType: 'token', entityId: sibling.id, operations: ['READ'] };
    expect(await check(await scoped(scope), onTokens('READ'))).toEqual(ANY_ONE);
  });
});

test('for CREATE, which has no entity, both kinds of checks are the same', async () => {
  const scope = { entityType: 'repository', workspaceId, operations: ['CREATE'] };
  expect(await check(await scoped(scope), onRepositories('CREATE'))).toEqual(EVERY);
  expect(await check(await scoped({ ...scope, entityId: 'website' }), onRepositories('CREATE'))).toEqual(
    NONE,
  );
  const channels = { entityType: 'channel', workspaceId, operations: ['CREATE'] };
  expect(await check(await scoped(channels), onChannels('CREATE'))).toEqual(EVERY);
  const viewer = await postern.person('Viewer', 'VIEWER');
  expect(await check(await scoped(channels, viewer.session), onChannels('CREATE'))).toEqual(NONE);
});

test('a cached decision ends with the change that makes it wrong', async () => {
  const member = await postern.person('Member', 'VIEWER');
  const token = (await createPersonalToken(postern, member.session)).secret;
  const status = async () =>
    (await verify(postern, token, { operation: 'READ', entityType: 'workspace' })).status;
  expect([await status(), await status()]).toEqual([204, 204]);
  const target = { workspaceId, userId: member.id };
  await mutate(postern, 'removeMember', target, postern.owner.session, '__typename');
  expect([await status(), await status()]).toEqual([403, 403]);
});

describe('an invalid id never widens a check', () => {
  const REGISTERED = 'operation=read&entityType=repository';
  const THERE = `${REGISTERED}&workspaceId=HERE`;
  const QUESTIONS: readonly (readonly [what: string, status: number, question: string])[] = [
    ['an empty entityId', 400, `${THERE}&entityId=`],
    ['an entityId without a value', 400, `${THERE}&entityId`],
    ['an empty workspaceId', 400, `${REGISTERED}&workspaceId=&entityId=website`],
    ['two entityIds', 400, `${THERE}&entityId=a&entityId=website`],
    ['two operations', 400, `${THERE}&entityId=a&operation=update`],
    ['an encoded name in addition to the plain one', 400, `${THERE}&%6fperation=read`],
    ['an unknown parameter', 400, `${THERE}&entityID=website`],
    ['any with an id', 400, `${THERE}&entityId=website&any=true`],
    ['any with an asterisk', 400, `${THERE}&entityId=*&any=true`],
    ['any=false', 400, `${THERE}&any=false`],
    ['any=TRUE', 400, `${THERE}&any=TRUE`],
    ['only any', 400, 'any=true'],
    ['only separators', 400, '&&'],
    ['an id with an asterisk', 400, `${THERE}&entityId=acme/*`],
    ['an empty segment', 400, `${THERE}&entityId=acme//website`],
    ['a slash in front', 400, `${THERE}&entityId=/website`],
    ['a slash at the end', 400, `${THERE}&entityId=website/`],
    ['a parent segment', 400, `${THERE}&entityId=acme/../website`],
    ['an encoded parent segment', 400, `${THERE}&entityId=acme/%2e%2e/website`],
    ['a segment of one dot', 400, `${THERE}&entityId=.`],
    ['a parent segment after a colon', 400, `${THERE}&entityId=repo:../website`],
    ['an escape that was encoded twice', 400, `${THERE}&entityId=acme%252fwebsite`],
    ['a backslash', 400, `${THERE}&entityId=acme%5cwebsite`],
    ['a question mark', 400, `${THERE}&entityId=website%3fa`],
    ['a number sign', 400, `${THERE}&entityId=website%23a`],
    [
      'an operation with a letter that folds to ASCII',
      400,
      `operation=l%C4%B1st&entityType=repository&workspaceId=HERE`,
    ],
    ['an operation that is not a name', 400, `operation=1st&entityType=repository&workspaceId=HERE`],
    [
      'an operation that is too long',
      400,
      `operation=${'a'.repeat(51)}&entityType=repository&workspaceId=HERE`,
    ],
    [
      'an operation that the type does not declare',
      403,
      `operation=fly&entityType=repository&workspaceId=HERE`,
    ],
    ['an operation that a channel does not have', 403, 'operation=fly&entityType=channel'],
    ['bytes that are not UTF-8', 400, `${THERE}&entityId=%ff`],
    ['an incomplete escape', 400, `${THERE}&entityId=website%2`],
    ['a malformed workspaceId', 403, `${REGISTERED}&workspaceId=wsp_1&entityId=website`],
    ['the id of something else as workspaceId', 403, `${REGISTERED}&workspaceId=OWNER`],
    ['every workspace', 403, `${REGISTERED}&workspaceId=*`],
    ['a malformed workspaceId, for channels', 403, 'operation=read&entityType=channel&workspaceId=wsp_1'],
    ['a malformed workspaceId, for tokens', 403, 'operation=read&entityType=token&workspaceId=wsp_1'],
    ['a malformed channel', 403, 'operation=read&entityType=channel&entityId=chn_*'],
  ];
  const IDS = [
    { entityType: 'channel', entityId: '' },
    { entityType: 'channel', entityId: 'chn_*' },
    { entityType: 'channel', workspaceId: '' },
    { entityType: 'channel', workspaceId: '*' },
    { entityType: 'token', workspaceId: '' },
    { entityType: 'repository', entityId: '' },
    { entityType: 'repository', entityId: 'acme/*' },
    { entityType: 'repository', workspaceId: '' },
  ];
  const SCOPES = [
    { entityType: 'channel', entityId: '' },
    { entityType: 'channel', entityId: '*' },
    { entityType: 'channel', workspaceId: '' },
    { entityType: 'token', entityId: '' },
    { entityType: 'token', workspaceId: '' },
    { entityType: 'repository', entityId: '' },
    { entityType: 'repository', entityId: '*' },
    { entityType: 'repository', entityId: 'acme/*' },
    { entityType: 'repository', workspaceId: '' },
  ];

  test('at /verify', async () => {
    const headers = { Authorization: `Bearer ${postern.owner.session}` };
    for (const [what, status, question] of QUESTIONS) {
      const query = question.replace('HERE', workspaceId).replace('OWNER', postern.owner.id);
      const response = await postern.fetch(new Request(`http://postern.test/verify?${query}`, { headers }));
      const { code } = (await response.json()).errors[0].extensions;
      expect([what, response.status, code]).toEqual([
        what,
        status,
        status === 400 ? 'BAD_REQUEST' : 'NOT_FOUND',
      ]);
    }
  });

  test('in viewer.can', async () => {
    for (const ids of IDS) {
      const { data } = await postern.post(CAN, { operation: 'READ', ...ids }, postern.owner.session);
      expect([ids, data.viewer.can.allowed]).toEqual([ids, false]);
    }
  });

  test('in a scope', async () => {
    for (const ids of SCOPES) {
      const input = { name: 't', access: 'SCOPED', scopes: [{ operations: ['READ'], ...ids }] };
      const { code } = await mutate(postern, 'createToken', input, postern.owner.session, 'secret');
      expect([ids, code]).toEqual([ids, 'BAD_USER_INPUT']);
    }
  });

  test('the list of a workspace with an empty or malformed id is empty', async () => {
    await createChannel(postern);
    for (const id of ['', '*', 'wsp_1']) {
      const query = `{ channels(workspaceId: "${id}") { totalCount } }`;
      expect((await postern.post(query, {}, postern.owner.session)).data.channels?.totalCount ?? 0).toBe(0);
    }
  });
});
