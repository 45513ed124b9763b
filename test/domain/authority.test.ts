import { describe, expect, test } from 'vitest';
import {
  type AccessContext,
  type AccessRequest,
  authorizeEntity,
  authorizeToken,
  refusalBeforeLookup,
  type TokenAccessContext,
  tokenRoleFor,
} from '../../src/domain/authority.ts';
import { ANONYMOUS, type Principal } from '../../src/domain/principal.ts';
import type { Role } from '../../src/domain/roles.ts';
import type { Operation, ScopeRule } from '../../src/domain/scopes.ts';
import type { Token } from '../../src/domain/token.ts';
import { DEFAULT_POLICY } from '../../src/domain/workspace.ts';
import { personalToken, session, workspaceToken } from '../support/principals.ts';
import { refusalOf } from '../support/refusal.ts';

function scope(entityType: string, operations: Operation[], part: Partial<ScopeRule> = {}): ScopeRule {
  return { entityType, entityId: null, workspaceId: null, operations, ...part };
}

const SESSION = session();
const FULL = personalToken({ access: 'FULL' });

function standing(role: Role | null, part: Partial<AccessContext> = {}): AccessContext {
  return { workspaceId: 'w', role, shared: [], policy: DEFAULT_POLICY, ...part };
}

const roleAsk = (role: Role, selfId?: string): AccessRequest & { kind: 'role' } => ({
  kind: 'role',
  role,
  workspaceId: 'w',
  selfId,
});
const channelAsk = (operation: Operation): AccessRequest & { kind: 'entity' } => ({
  kind: 'entity',
  operation,
  entityType: 'channel',
  entityId: 'c',
  workspaceId: 'w',
});
const tokenAsk = (
  operation: Operation,
  workspaceRole: Role = 'ADMINISTRATOR',
): AccessRequest & { kind: 'token' } => ({
  kind: 'token',
  operation,
  tokenId: 'x',
  workspaceRole,
});

/** The reason of a refusal, or its code where it has none; `null` where nothing is refused. */
function why(call: () => unknown): string | null {
  const refusal = refusalOf(call);
  return refusal && (refusal.reason ?? refusal.code);
}

describe('before anything is looked up', () => {
  const refusedEarly = (principal: Principal, ask: AccessRequest) =>
    why(() => {
      const refusal = refusalBeforeLookup(principal, ask);
      if (refusal) throw refusal;
    });

  test.each([
    ['anyone', { kind: 'anyone' }, [null, null, null, null]],
    ['a person', { kind: 'person' }, [null, null, 'SESSION_REQUIRED', 'SESSION_REQUIRED']],
    ['a credential', { kind: 'credential' }, ['UNAUTHENTICATED', null, null, null]],
    ['a session', { kind: 'session' }, ['UNAUTHENTICATED', null, 'SESSION_REQUIRED', 'SESSION_REQUIRED']],
    ['a role', roleAsk('VIEWER'), ['UNAUTHENTICATED', null, 'ROLE_GATED', null]],
    ['an entity', channelAsk('READ'), ['UNAUTHENTICATED', null, null, null]],
    ['a token', tokenAsk('READ'), ['UNAUTHENTICATED', null, 'MISSING_SCOPE', null]],
    [
      'own tokens',
      { ...tokenAsk('LIST'), tokenId: undefined },
      ['UNAUTHENTICATED', null, 'MISSING_SCOPE', 'SESSION_REQUIRED'],
    ],
  ] as const)(
    'a need for %s meets nobody, a session, a FULL token and a workspace token',
    (_need, ask, answers) => {
      const callers = [ANONYMOUS, SESSION, FULL, workspaceToken('OWNER')];
      expect(callers.map((caller) => refusedEarly(caller, ask as AccessRequest))).toEqual(answers);
    },
  );

  test.each([
    ['lists the operation on all', scope('channel', ['READ']), null],
    ['lists it on this one', scope('channel', ['READ'], { entityId: 'c' }), null],
    ['lists it in this workspace', scope('channel', ['READ'], { workspaceId: 'w' }), null],
    ['lists it on another one', scope('channel', ['READ'], { entityId: 'd' }), 'MISSING_SCOPE'],
    ['lists it in another workspace', scope('channel', ['READ'], { workspaceId: 'v' }), 'MISSING_SCOPE'],
    ['lists another operation', scope('channel', ['LIST', 'UPDATE']), 'MISSING_SCOPE'],
    ['lists it on another type', scope('workspace', ['READ']), 'MISSING_SCOPE'],
  ])('a scope that %s', (_what, held, answer) => {
    expect(refusedEarly(personalToken({ scopes: [held] }), channelAsk('READ'))).toBe(answer);
  });

  test('a scope for one entity does not create others', () => {
    const one = scope('channel', ['CREATE'], { entityId: 'c' });
    const ask = { ...channelAsk('CREATE'), entityId: undefined };
    expect(refusedEarly(personalToken({ scopes: [one] }), ask)).toBe('MISSING_SCOPE');
    expect(refusedEarly(personalToken({ scopes: [scope('channel', ['CREATE'])] }), ask)).toBeNull();
  });

  test('every link of a chain needs the scope', () => {
    const has = { scopes: [scope('channel', ['READ'])] };
    expect(refusedEarly(personalToken(has, has, { access: 'FULL' }), channelAsk('READ'))).toBeNull();
    expect(refusedEarly(personalToken(has, {}, has), channelAsk('READ'))).toBe('MISSING_SCOPE');
    expect(refusedEarly(personalToken(has, { access: 'NONE' }), channelAsk('READ'))).toBe('MISSING_SCOPE');
  });

  test('a missing scope is named as it would have to be', () => {
    const ask: AccessRequest = { kind: 'entity', operation: 'READ', entityType: 'invoice', entityId: 'i-1' };
    expect(refusalBeforeLookup(personalToken({}), ask)?.detail.required).toEqual({
      operation: 'READ',
      entityType: 'invoice',
      entityId: 'i-1',
    });
    expect(refusalBeforeLookup(FULL, { ...tokenAsk('LIST'), tokenId: undefined })?.detail.required).toEqual({
      operation: 'LIST',
      entityType: 'token',
      entityId: null,
    });
  });
});

describe('on a workspace and what is in it', () => {
  test.each([
    ['an absent one', SESSION, roleAsk('VIEWER'), null, 'NOT_FOUND'],
    ['one of others', SESSION, roleAsk('VIEWER'), standing(null), 'NOT_FOUND'],
    ['a role that is enough', SESSION, roleAsk('ADMINISTRATOR'), standing('OWNER'), null],
    [
      'a role that is too low',
      SESSION,
      roleAsk('ADMINISTRATOR'),
      standing('WORKSPACE_MANAGER'),
      'ROLE_REQUIRED',
    ],
    ['oneself, whatever the role', SESSION, roleAsk('ADMINISTRATOR', 'u'), standing('VIEWER'), null],
    ['somebody else', SESSION, roleAsk('ADMINISTRATOR', 'v'), standing('VIEWER'), 'ROLE_REQUIRED'],
    [
      'oneself, but with a token',
      workspaceToken('VIEWER'),
      roleAsk('ADMINISTRATOR', 'u'),
      standing('VIEWER'),
      'ROLE_REQUIRED',
    ],
    ['a Viewer who writes', SESSION, channelAsk('UPDATE'), standing('VIEWER'), 'ROLE_REQUIRED'],
    ['a Viewer who reads', SESSION, channelAsk('READ'), standing('VIEWER'), null],
    [
      'a Viewer with whom it is shared',
      SESSION,
      channelAsk('UPDATE'),
      standing('VIEWER', { shared: ['UPDATE'] }),
      null,
    ],
    [
      'who has only a share, within it',
      SESSION,
      channelAsk('READ'),
      standing(null, { shared: ['READ'] }),
      null,
    ],
    [
      'who has only a share, beyond it',
      SESSION,
      channelAsk('UPDATE'),
      standing(null, { shared: ['READ'] }),
      'ROLE_REQUIRED',
    ],
    ['a FULL token of a Team Member', FULL, channelAsk('DELETE'), standing('TEAM_MEMBER'), null],
    ['a FULL token of a Viewer', FULL, channelAsk('DELETE'), standing('VIEWER'), 'ROLE_REQUIRED'],
  ] as const)('decides on %s', (_what, principal, ask, stands, answer) => {
    expect(why(() => authorizeEntity(principal, ask, stands))).toBe(answer);
  });

  test('a scope in another workspace answers as if nothing were there', () => {
    const elsewhere = personalToken({ scopes: [scope('channel', ['READ'], { workspaceId: 'v' })] });
    expect(why(() => authorizeEntity(elsewhere, channelAsk('READ'), standing('OWNER')))).toBe('NOT_FOUND');
  });

  test('a policy closes it to the tokens that it is about, and to nobody else', () => {
    const closed = (part: object) => standing('OWNER', { policy: { ...DEFAULT_POLICY, ...part } });
    const on = (principal: Principal, part: object) =>
      why(() => authorizeEntity(principal, channelAsk('READ'), closed(part)));
    const callers = [SESSION, FULL, workspaceToken('OWNER')];
    const answers = (part: object) => callers.map((caller) => on(caller, part));
    expect(answers({ personalTokens: 'FORBIDDEN' })).toEqual([null, 'POLICY', null]);
    expect(answers({ maxLifetime: 9 })).toEqual([null, 'POLICY', 'POLICY']);
    expect(answers({ maxLifetime: 10 })).toEqual([null, null, null]);
    expect(
      on(personalToken({ access: 'FULL', lifetime: 5 }, { access: 'FULL', lifetime: 50 }), {
        maxLifetime: 9,
      }),
    ).toBe('POLICY');
    expect(on(personalToken({ access: 'FULL', lifetime: null }), { maxLifetime: 9 })).toBe('POLICY');
  });
});

/** A personal token of the user `u`. */
const TOKEN: Token = {
  id: 'x',
  kind: 'PERSONAL',
  ownerId: 'u',
  workspaceId: null,
  createdBy: 'u',
  parentId: null,
  identifier: 'pat_x',
  name: 'x',
  description: null,
  secretPreview: 'pat_x',
  access: 'FULL',
  role: null,
  createdAt: 0,
  updatedAt: 0,
  issuedAt: 0,
  regeneratedAt: null,
  expiresAt: null,
  disabledAt: null,
  ancestorDisabledAt: null,
  revokedAt: null,
  lastUsedAt: null,
  lastUsedIp: null,
  lastUsedUserAgent: null,
};

describe('on a token', () => {
  const withToken = (part: object, rest: Partial<TokenAccessContext> = {}): TokenAccessContext => ({
    token: { ...TOKEN, ...part } as Token,
    ancestorIds: [],
    workspace: null,
    ...rest,
  });
  const own = withToken({});
  const ofWorkspace = (role: Role | null, callerRole: Role | null): TokenAccessContext =>
    withToken(
      { kind: 'WORKSPACE', ownerId: null, workspaceId: 'w', access: 'ROLE', role },
      { workspace: callerRole && standing(callerRole) },
    );
  const manager = personalToken({ scopes: [scope('token', ['UPDATE', 'READ'])] });

  test.each([
    ['an absent one', SESSION, tokenAsk('UPDATE'), null, 'NOT_FOUND'],
    ['the own one of a person', SESSION, tokenAsk('DELETE'), own, null],
    ['one of another person', SESSION, tokenAsk('READ'), withToken({ ownerId: 'v' }), 'NOT_FOUND'],
    ['another token of the same owner, for a token', manager, tokenAsk('UPDATE'), own, 'NOT_FOUND'],
    ['a token that it derived', manager, tokenAsk('UPDATE'), { ...own, ancestorIds: ['t'] }, null],
    ['itself', manager, { ...tokenAsk('UPDATE'), tokenId: 't' }, own, null],
    [
      'a workspace token, for a personal one',
      manager,
      tokenAsk('READ'),
      ofWorkspace('VIEWER', 'OWNER'),
      'NOT_FOUND',
    ],
    ['a personal token, for a workspace one', workspaceToken('OWNER'), tokenAsk('READ'), own, 'NOT_FOUND'],
    ['a workspace token of others', SESSION, tokenAsk('READ'), ofWorkspace('VIEWER', null), 'NOT_FOUND'],
    [
      'with too low a role',
      SESSION,
      tokenAsk('UPDATE'),
      ofWorkspace('VIEWER', 'WORKSPACE_MANAGER'),
      'ROLE_REQUIRED',
    ],
    [
      'with the role that it takes',
      SESSION,
      tokenAsk('UPDATE'),
      ofWorkspace('ADMINISTRATOR', 'ADMINISTRATOR'),
      null,
    ],
    [
      'of a role above the own',
      SESSION,
      tokenAsk('UPDATE'),
      ofWorkspace('OWNER', 'ADMINISTRATOR'),
      'ROLE_REQUIRED',
    ],
    [
      'whose own role is unknown',
      SESSION,
      tokenAsk('UPDATE'),
      ofWorkspace(null, 'ADMINISTRATOR'),
      'ROLE_REQUIRED',
    ],
    [
      'of a role above the own, to read it',
      SESSION,
      tokenAsk('READ', 'VIEWER'),
      ofWorkspace('OWNER', 'VIEWER'),
      null,
    ],
    [
      'as a workspace token',
      workspaceToken('ADMINISTRATOR'),
      tokenAsk('UPDATE'),
      ofWorkspace('VIEWER', 'ADMINISTRATOR'),
      null,
    ],
  ] as const)('decides on %s', (_what, principal, ask, stands, answer) => {
    expect(why(() => authorizeToken(principal, ask, stands))).toBe(answer);
  });

  test('a grant carries the token and the access to its workspace', () => {
    const context = ofWorkspace('VIEWER', 'ADMINISTRATOR');
    const { token, workspace: access } = context;
    expect(authorizeToken(SESSION, tokenAsk('UPDATE'), context)).toEqual({
      role: 'ADMINISTRATOR',
      access,
      token,
    });
    expect(authorizeToken(SESSION, tokenAsk('UPDATE'), own).token).toBe(own.token);
  });

  test('the role that would be enough is named: the one of the operation, or the one of the token', () => {
    const asked = refusalOf(() =>
      authorizeToken(SESSION, tokenAsk('UPDATE'), ofWorkspace('VIEWER', 'VIEWER')),
    );
    const above = refusalOf(() =>
      authorizeToken(SESSION, tokenAsk('UPDATE'), ofWorkspace('OWNER', 'ADMINISTRATOR')),
    );
    expect([asked?.required, above?.required]).toEqual([{ role: 'ADMINISTRATOR' }, { role: 'OWNER' }]);
  });

  test('reading takes a Viewer, editing a Workspace Manager, deleting an Administrator', () => {
    const operations: Operation[] = ['READ', 'LIST', 'CREATE', 'UPDATE', 'DELETE'];
    const roles = ['VIEWER', 'VIEWER', 'WORKSPACE_MANAGER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR'];
    expect(operations.map(tokenRoleFor)).toEqual(roles);
  });
});
