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

/** Returns the reason of a denial, or its code if it has no reason; `null` if the decision is no denial. */
function reasonOf(decision: Decision | null): string | null {
  return decision === null || decision.allowed ? null : (decision.reason ?? decision.code);
}

/** Returns the requirement that would be sufficient for a denied request. */
function requiredBy(decision: Decision | null): Required | null {
  return decision === null || decision.allowed ? null : decision.required;
}

describe('before any lookup', () => {
  const deniedEarly = (principal: Principal, request: AccessRequest) =>
    reasonOf(authorizeBeforeLookup(principal, request));

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
    'a requirement of kind %s is decided for an anonymous caller, a session, a FULL token and a workspace token',
    (_requirement, request, expected) => {
      const callers = [ANONYMOUS, SESSION, FULL, workspaceToken('OWNER')];
      expect(callers.map((caller) => deniedEarly(caller, request as AccessRequest))).toEqual(expected);
    },
  );

  test.each([
    ['gives the operation on all channels', scope('channel', ['READ']), null],
    ['gives it on this channel', scope('channel', ['READ'], { entityId: 'c' }), null],
    ['gives it in this workspace', scope('channel', ['READ'], { workspaceId: 'w' }), null],
    ['gives it on another channel', scope('channel', ['READ'], { entityId: 'd' }), 'MISSING_SCOPE'],
    ['gives it in another workspace', scope('channel', ['READ'], { workspaceId: 'v' }), 'MISSING_SCOPE'],
    ['gives another operation', scope('channel', ['LIST', 'UPDATE']), 'MISSING_SCOPE'],
    ['gives it on another type', scope('workspace', ['READ']), 'MISSING_SCOPE'],
  ])('a scope that %s is decided before the lookup', (_what, held, expected) => {
    expect(deniedEarly(personalToken({ scopes: [held] }), channelRequest('READ'))).toBe(expected);
  });

  test('a scope on one entity does not allow creating others', () => {
    const one = scope('channel', ['CREATE'], { entityId: 'c' });
    const request = { ...channelRequest('CREATE'), entityId: undefined };
    expect(deniedEarly(personalToken({ scopes: [one] }), request)).toBe('MISSING_SCOPE');
    expect(deniedEarly(personalToken({ scopes: [scope('channel', ['CREATE'])] }), request)).toBeNull();
  });

  test('every token of a chain must have the scope', () => {
    const has = { scopes: [scope('channel', ['READ'])] };
    expect(deniedEarly(personalToken(has, has, { access: 'FULL' }), channelRequest('READ'))).toBeNull();
    expect(deniedEarly(personalToken(has, {}, has), channelRequest('READ'))).toBe('MISSING_SCOPE');
    expect(deniedEarly(personalToken(has, { access: 'NONE' }), channelRequest('READ'))).toBe('MISSING_SCOPE');
  });

  test('a role in a workspace without a policy decides on every entity of a built-in type, and on nothing else', () => {
    const member = { ...FULL, openRole: 'TEAM_MEMBER' } as const;
    const every = { kind: 'entity', operation: 'READ', entityType: 'channel' } as const;
    const isDecided = (principal: Principal, request: AccessRequest) =>
      authorizeBeforeLookup(principal, request)?.allowed === true;
    expect(isDecided(member, every)).toBe(true);
    expect(isDecided(member, { ...every, operation: 'PUBLISH' })).toBe(true);
    expect(isDecided({ ...FULL, openRole: 'VIEWER' }, { ...every, operation: 'PUBLISH' })).toBe(false);
    expect(isDecided(FULL, every)).toBe(false);
    for (const other of [
      { operation: 'CREATE' },
      { entityId: 'c' },
      { workspaceId: 'w' },
      { any: true },
      { entityType: 'repository' },
    ]) {
      expect(isDecided(member, { ...every, ...other })).toBe(false);
    }
    expect(isDecided({ ...personalToken({}), openRole: 'OWNER' }, every)).toBe(false);
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

describe('a request on a workspace or an entity in it', () => {
  test.each([
    ['in an absent workspace', SESSION, roleRequest('VIEWER'), null, 'NOT_FOUND'],
    ['in a workspace of other users', SESSION, roleRequest('VIEWER'), access(null), 'NOT_FOUND'],
    ['with a sufficient role', SESSION, roleRequest('ADMINISTRATOR'), access('OWNER'), null],
    [
      'with an insufficient role',
      SESSION,
      roleRequest('ADMINISTRATOR'),
      access('WORKSPACE_MANAGER'),
      'ROLE_REQUIRED',
    ],
    [
      'on the caller itself, with any role',
      SESSION,
      roleRequest('ADMINISTRATOR', 'u'),
      access('VIEWER'),
      null,
    ],
    ['on another user', SESSION, roleRequest('ADMINISTRATOR', 'v'), access('VIEWER'), 'ROLE_REQUIRED'],
    [
      'on the caller itself, with a token',
      workspaceToken('VIEWER'),
      roleRequest('ADMINISTRATOR', 'u'),
      access('VIEWER'),
      'ROLE_REQUIRED',
    ],
    ['of a Viewer who writes', SESSION, channelRequest('UPDATE'), access('VIEWER'), 'ROLE_REQUIRED'],
    ['of a Viewer who reads', SESSION, channelRequest('READ'), access('VIEWER'), null],
    [
      'of a Viewer with a share',
      SESSION,
      channelRequest('UPDATE'),
      access('VIEWER', { shared: ['UPDATE'] }),
      null,
    ],
    [
      'of a guest, within the share',
      SESSION,
      channelRequest('READ'),
      access(null, { shared: ['READ'] }),
      null,
    ],
    [
      'of a guest, beyond the share',
      SESSION,
      channelRequest('UPDATE'),
      access(null, { shared: ['READ'] }),
      'ROLE_REQUIRED',
    ],
    ['of a FULL token of a Team Member', FULL, channelRequest('DELETE'), access('TEAM_MEMBER'), null],
    ['of a FULL token of a Viewer', FULL, channelRequest('DELETE'), access('VIEWER'), 'ROLE_REQUIRED'],
  ] as const)('%s is decided', (_what, principal, request, context, expected) => {
    expect(reasonOf(authorizeEntity(principal, request, context, 0))).toBe(expected);
  });

  test('a scope in another workspace gives NOT_FOUND', () => {
    const elsewhere = personalToken({ scopes: [scope('channel', ['READ'], { workspaceId: 'v' })] });
    expect(reasonOf(authorizeEntity(elsewhere, channelRequest('READ'), access('OWNER'), 0))).toBe(
      'NOT_FOUND',
    );
  });

  test('a policy denies the tokens that it applies to, and no other caller', () => {
    const closed = (part: object) => access('OWNER', { policy: { ...DEFAULT_POLICY, ...part } });
    const on = (principal: Principal, part: object) =>
      reasonOf(authorizeEntity(principal, channelRequest('READ'), closed(part), 0));
    const callers = [SESSION, FULL, workspaceToken('OWNER')];
    const reasons = (part: object) => callers.map((caller) => on(caller, part));
    expect(reasons({ personalTokens: 'FORBIDDEN' })).toEqual([null, 'POLICY', null]);
    expect(reasons({ maxLifetime: 9 })).toEqual([null, 'POLICY', 'POLICY']);
    expect(reasons({ maxLifetime: 10 })).toEqual([null, null, null]);
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
  subject: null,
  metadataJson: null,
  issuedBy: null,
  federationId: null,
  secretPreview: 'pat_x',
  isImported: false,
  access: 'FULL',
  role: null,
  createdAt: 0,
  updatedAt: 0,
  issuedAt: 0,
  regeneratedAt: null,
  expiresAt: null,
  disabledAt: null,
  isAncestorDisabled: false,
  revokedAt: null,
  lastUsedAt: null,
  lastUsedIp: null,
  lastUsedUserAgent: null,
  limits: null,
  isUsedUp: false,
  usesLeft: null,
};

describe('a request on a token', () => {
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
    ['that is absent', SESSION, tokenRequest('UPDATE'), null, 'NOT_FOUND'],
    ['of the calling user', SESSION, tokenRequest('DELETE'), own, null],
    ['of another user', SESSION, tokenRequest('READ'), withToken({ ownerId: 'v' }), 'NOT_FOUND'],
    [
      'of the same owner, by a token that did not create it',
      manager,
      tokenRequest('UPDATE'),
      own,
      'NOT_FOUND',
    ],
    [
      'that derives from the calling token',
      manager,
      tokenRequest('UPDATE'),
      { ...own, ancestorIds: ['t'] },
      null,
    ],
    ['by the token itself', manager, { ...tokenRequest('UPDATE'), tokenId: 't' }, own, null],
    [
      'of a workspace, by a personal token',
      manager,
      tokenRequest('READ'),
      ofWorkspace('VIEWER', 'OWNER'),
      'NOT_FOUND',
    ],
    ['of a user, by a workspace token', workspaceToken('OWNER'), tokenRequest('READ'), own, 'NOT_FOUND'],
    [
      'of a workspace that the caller is not in',
      SESSION,
      tokenRequest('READ'),
      ofWorkspace('VIEWER', null),
      'NOT_FOUND',
    ],
    [
      'of a workspace, with an insufficient role',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace('VIEWER', 'WORKSPACE_MANAGER'),
      'ROLE_REQUIRED',
    ],
    [
      'of a workspace, with the required role',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace('ADMINISTRATOR', 'ADMINISTRATOR'),
      null,
    ],
    [
      'with a role above that of the caller',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace('OWNER', 'ADMINISTRATOR'),
      'ROLE_REQUIRED',
    ],
    [
      'with an unknown role',
      SESSION,
      tokenRequest('UPDATE'),
      ofWorkspace(null, 'ADMINISTRATOR'),
      'ROLE_REQUIRED',
    ],
    [
      'with a role above that of the caller, to read it',
      SESSION,
      tokenRequest('READ', 'VIEWER'),
      ofWorkspace('OWNER', 'VIEWER'),
      null,
    ],
    [
      'of a workspace, by a workspace token',
      workspaceToken('ADMINISTRATOR'),
      tokenRequest('UPDATE'),
      ofWorkspace('VIEWER', 'ADMINISTRATOR'),
      null,
    ],
  ] as const)('%s is decided', (_what, principal, request, context, expected) => {
    expect(reasonOf(authorizeToken(principal, request, context, 0))).toBe(expected);
  });

  test('a grant carries the token and the access to its workspace', () => {
    const context = ofWorkspace('VIEWER', 'ADMINISTRATOR');
    const { token, workspace: access } = context;
    expect(authorizeToken(SESSION, tokenRequest('UPDATE'), context, 0)).toEqual({
      allowed: true,
      role: 'ADMINISTRATOR',
      access,
      token,
      endsAt: null,
    });
    expect(authorizeToken(SESSION, tokenRequest('UPDATE'), own, 0)).toMatchObject({ token: own.token });
  });

  test('a denial names the sufficient role: that of the operation, or that of the token', () => {
    const requiredOn = (role: Role, callerRole: Role) =>
      requiredBy(authorizeToken(SESSION, tokenRequest('UPDATE'), ofWorkspace(role, callerRole), 0));
    expect(requiredOn('VIEWER', 'VIEWER')).toEqual({ role: 'ADMINISTRATOR' });
    expect(requiredOn('OWNER', 'ADMINISTRATOR')).toEqual({ role: 'OWNER' });
  });

  test('reading tokens requires a Viewer, creating and updating a Workspace Manager, deleting an Administrator', () => {
    const operations: Operation[] = ['READ', 'LIST', 'CREATE', 'UPDATE', 'DELETE'];
    const roles = ['VIEWER', 'VIEWER', 'WORKSPACE_MANAGER', 'WORKSPACE_MANAGER', 'ADMINISTRATOR'];
    expect(operations.map(tokenRoleFor)).toEqual(roles);
  });
});
