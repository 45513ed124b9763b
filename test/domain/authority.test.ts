import { describe, expect, test } from 'vitest';
import {
  type AccessRequest,
  authorizeBeforeLookup,
  authorizeEntity,
  authorizeToken,
  type TokenAccessContext,
  tokenRoleFor,
} from '../../src/domain/authority.ts';
import type { AccessContext, Decision } from '../../src/domain/decision.ts';
import type { Required } from '../../src/domain/errors.ts';
import { ANONYMOUS, type Principal } from '../../src/domain/principal.ts';
import type { Role } from '../../src/domain/roles.ts';
import type { Operation, ScopeRule } from '../../src/domain/scopes.ts';
import type { Token } from '../../src/domain/token.ts';
import { DEFAULT_POLICY } from '../../src/domain/workspace.ts';
import { personalToken, session, workspaceToken } from '../support/principals.ts';

function scope(entityType: string, operations: Operation[], part: Partial<ScopeRule> = {}): ScopeRule {
  return { entityType, entityId: null, workspaceId: null, operations, ...part };
}

const SESSION = session();
const FULL = personalToken({ access: 'FULL' });

function access(role: Role | null, part: Partial<AccessContext> = {}): AccessContext {
  return { workspaceId: 'w', role, shared: [], policy: DEFAULT_POLICY, ...part };
}

const roleRequest = (role: Role, selfId?: string): AccessRequest & { kind: 'role' } => ({
  kind: 'role',
  role,
  workspaceId: 'w',
  selfId,
});
const channelRequest = (operation: Operation): AccessRequest & { kind: 'entity' } => ({
  kind: 'entity',
  operation,
  entityType: 'channel',
  entityId: 'c',
  workspaceId: 'w',
});
const tokenRequest = (
  operation: Operation,
  workspaceRole: Role = 'ADMINISTRATOR',
): AccessRequest & { kind: 'token' } => ({
  kind: 'token',
  operation,
  tokenId: 'x',
  workspaceRole,
});

/** The reason of a denial, or its code if it has none; `null` if nothing is denied. */
function why(decision: Decision | null): string | null {
  return decision === null || decision.allowed ? null : (decision.reason ?? decision.code);
}

/** What would be sufficient for a denied request. */
function requiredBy(decision: Decision | null): Required | null {
  return decision === null || decision.allowed ? null : decision.required;
}

describe('before anything is looked up', () => {
  const deniedEarly = (principal: Principal, request: AccessRequest) =>
    why(authorizeBeforeLookup(principal, request));

  test.each([
    ['anyone', { kind: 'anyone' }, [null, null, null, null]],
    ['a person', { kind: 'person' }, [null, null, 'SESSION_REQUIRED', 'SESSION_REQUIRED']],
    ['a credential', { kind: 'credential' }, ['UNAUTHENTICATED', null, null, null]],
    ['a session', { kind: 'session' }, ['UNAUTHENTICATED', null, 'SESSION_REQUIRED', 'SESSION_REQUIRED']],
    ['a role', roleRequest('VIEWER'), ['UNAUTHENTICATED', null, 'ROLE_GATED', null]],
    ['an entity', channelRequest('READ'), ['UNAUTHENTICATED', null, null, null]],
    ['a token', tokenRequest('READ'), ['UNAUTHENTICATED', null, 'MISSING_SCOPE', null]],
    [
      'own tokens',
      { ...tokenRequest('LIST'), tokenId: undefined },
      ['UNAUTHENTICATED', null, 'MISSING_SCOPE', 'SESSION_REQUIRED'],
    ],
  ] as const)(
    'a requirement of %s is decided for an anonymous caller, a session, a FULL token and a workspace token',
    (_requirement, request, answers) => {
      const callers = [ANONYMOUS, SESSION, FULL, workspaceToken('OWNER')];
      expect(callers.map((caller) => deniedEarly(caller, request as AccessRequest))).toEqual(answers);
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
    expect(deniedEarly(personalToken({ scopes: [held] }), channelRequest('READ'))).toBe(answer);
  });

  test('a scope for one entity does not create others', () => {
    const one = scope('channel', ['CREATE'], { entityId: 'c' });
    const request = { ...channelRequest('CREATE'), entityId: undefined };
    expect(deniedEarly(personalToken({ scopes: [one] }), request)).toBe('MISSING_SCOPE');
    expect(deniedEarly(personalToken({ scopes: [scope('channel', ['CREATE'])] }), request)).toBeNull();
  });

  test('every link of a chain needs the scope', () => {
    const has = { scopes: [scope('channel', ['READ'])] };
    expect(deniedEarly(personalToken(has, has, { access: 'FULL' }), channelRequest('READ'))).toBeNull();
    expect(deniedEarly(personalToken(has, {}, has), channelRequest('READ'))).toBe('MISSING_SCOPE');
    expect(deniedEarly(personalToken(has, { access: 'NONE' }), channelRequest('READ'))).toBe('MISSING_SCOPE');
  });

  test('a denial names the missing scope', () => {
    const request: AccessRequest = {
      kind: 'entity',
      operation: 'READ',
      entityType: 'invoice',
      entityId: 'i-1',
    };
    expect(requiredBy(authorizeBeforeLookup(personalToken({}), request))).toEqual({
      operation: 'READ',
      entityType: 'invoice',
      entityId: 'i-1',
    });
    expect(requiredBy(authorizeBeforeLookup(FULL, { ...tokenRequest('LIST'), tokenId: undefined }))).toEqual({
      operation: 'LIST',
      entityType: 'token',
      entityId: null,
    });
  });
});

describe('on a workspace and what is in it', () => {
  test.each([
    ['an absent one', SESSION, roleRequest('VIEWER'), null, 'NOT_FOUND'],
    ['one of others', SESSION, roleRequest('VIEWER'), access(null), 'NOT_FOUND'],
    ['a role that is enough', SESSION, roleRequest('ADMINISTRATOR'), access('OWNER'), null],
    [
      'a role that is too low',
      SESSION,
      roleRequest('ADMINISTRATOR'),
      access('WORKSPACE_MANAGER'),
      'ROLE_REQUIRED',
    ],
    ['the caller itself, with any role', SESSION, roleRequest('ADMINISTRATOR', 'u'), access('VIEWER'), null],
    ['another user', SESSION, roleRequest('ADMINISTRATOR', 'v'), access('VIEWER'), 'ROLE_REQUIRED'],
    [
      'oneself, but with a token',
      workspaceToken('VIEWER'),
      roleRequest('ADMINISTRATOR', 'u'),
      access('VIEWER'),
      'ROLE_REQUIRED',
    ],
    ['a Viewer who writes', SESSION, channelRequest('UPDATE'), access('VIEWER'), 'ROLE_REQUIRED'],
    ['a Viewer who reads', SESSION, channelRequest('READ'), access('VIEWER'), null],
    [
      'a Viewer with whom it is shared',
      SESSION,
      channelRequest('UPDATE'),
      access('VIEWER', { shared: ['UPDATE'] }),
      null,
    ],
    [
      'who has only a share, within it',
      SESSION,
      channelRequest('READ'),
      access(null, { shared: ['READ'] }),
      null,
    ],
    [
      'who has only a share, beyond it',
      SESSION,
      channelRequest('UPDATE'),
      access(null, { shared: ['READ'] }),
      'ROLE_REQUIRED',
    ],
    ['a FULL token of a Team Member', FULL, channelRequest('DELETE'), access('TEAM_MEMBER'), null],
    ['a FULL token of a Viewer', FULL, channelRequest('DELETE'), access('VIEWER'), 'ROLE_REQUIRED'],
  ] as const)('decides on %s', (_what, principal, request, context, answer) => {
    expect(why(authorizeEntity(principal, request, context))).toBe(answer);
  });

  test('a scope in another workspace gives NOT_FOUND', () => {
    const elsewhere = personalToken({ scopes: [scope('channel', ['READ'], { workspaceId: 'v' })] });
    expect(why(authorizeEntity(elsewhere, channelRequest('READ'), access('OWNER')))).toBe('NOT_FOUND');
  });

  test('a policy denies the tokens that it applies to, and no other caller', () => {
    const closed = (part: object) => access('OWNER', { policy: { ...DEFAULT_POLICY, ...part } });
    const on = (principal: Principal, part: object) =>
      why(authorizeEntity(principal, channelRequest('READ'), closed(part)));
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
      { workspace: callerRole && access(callerRole) },
    );
  const manager = personalToken({ scopes: [scope('token', ['UPDATE', 'READ'])] });

  test.each([
    ['an absent one', SESSION, tokenRequest('UPDATE'), null, 'NOT_FOUND'],
    ['the own one of a person', SESSION, tokenRequest('DELETE'), own, null],
    ['one of another person', SESSION, tokenRequest('READ'), withToken({ ownerId: 'v' }), 'NOT_FOUND'],
    ['another token of the same owner, for a token', manager, tokenRequest('UPDATE'), own, 'NOT_FOUND'],
    ['a token that it derived', manager, tokenRequest('UPDATE'), { ...own, ancestorIds: ['t'] }, null],
    ['itself', manager, { ...tokenRequest('UPDATE'), tokenId: 't' }, own, null],
    [
      'a workspace token, for a personal one',
      manager,
      tokenRequest('READ'),
      ofWorkspace('VIEWER', 'OWNER'),
      'NOT_FOUND',
    ],
    [
      'a personal token, for a workspace one',
      workspaceToken('OWNER'),
      tokenRequest('READ'),
      own,
      'NOT_FOUND',
    ],
    ['a workspace token of others', SESSION, tokenRequest('READ'), ofWorkspace('VIEWER', null), 'NOT_FOUND'],
    [
      'with too low a role',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace('VIEWER', 'WORKSPACE_MANAGER'),
      'ROLE_REQUIRED',
    ],
    [
      'with the role that it takes',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace('ADMINISTRATOR', 'ADMINISTRATOR'),
      null,
    ],
    [
      'of a role above the own',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace('OWNER', 'ADMINISTRATOR'),
      'ROLE_REQUIRED',
    ],
    [
      'whose own role is unknown',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace(null, 'ADMINISTRATOR'),
      'ROLE_REQUIRED',
    ],
    [
      'of a role above the own, to read it',
      SESSION,
      tokenRequest('READ', 'VIEWER'),
      ofWorkspace('OWNER', 'VIEWER'),
      null,
    ],
    [
      'as a workspace token',
      workspaceToken('ADMINISTRATOR'),
      tokenRequest('UPDATE'),
      ofWorkspace('VIEWER', 'ADMINISTRATOR'),
      null,
    ],
  ] as const)('decides on %s', (_what, principal, request, context, answer) => {
    expect(why(authorizeToken(principal, request, context))).toBe(answer);
  });

  test('a grant carries the token and the access to its workspace', () => {
    const context = ofWorkspace('VIEWER', 'ADMINISTRATOR');
    const { token, workspace: access } = context;
    expect(authorizeToken(SESSION, tokenRequest('UPDATE'), context)).toEqual({
      allowed: true,
      role: 'ADMINISTRATOR',
      access,
      token,
    });
    expect(authorizeToken(SESSION, tokenRequest('UPDATE'), own)).toMatchObject({ token: own.token });
  });

  test('a denial names the sufficient role: that of the operation, or that of the token', () => {
    const requiredOn = (role: Role, callerRole: Role) =>
      requiredBy(authorizeToken(SESSION, tokenRequest('UPDATE'), ofWorkspace(role, callerRole)));
    expect(requiredOn('VIEWER', 'VIEWER')).toEqual({ role: 'ADMINISTRATOR' });
    expect(requiredOn('OWNER', 'ADMINISTRATOR')).toEqual({ role: 'OWNER' });
  });

  test('reading requires a Viewer, editing a Workspace Manager, deleting an Administrator', () => {
    const operations: Operation[] = ['READ', 'LIST', 'CREATE', 'UPDATE', 'DELETE'];
    const roles = ['VIEWER', 'VIEWER', 'WORKSPACE_MANAGER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR'];
    expect(operations.map(tokenRoleFor)).toEqual(roles);
  });
});
