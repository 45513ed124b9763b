import type { AuditRecord } from '../../domain/audit.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { userIdOf } from '../../domain/principal.ts';
import type { Token } from '../../domain/token.ts';
import { bytesToUnits } from '../budget.ts';
import { selectsJson } from '../budget-plugin.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { AuditEventRef, TokenRef, UserRef, ViewerRef, WorkspaceRef } from '../refs.ts';
import { PrincipalKindEnum } from './enums.ts';

/** Returns whether a token belongs to the workspace or user that the log of the event belongs to. Other tokens stay hidden. */
function belongsToLog(token: Token, event: AuditRecord): boolean {
  return token.kind === 'WORKSPACE'
    ? token.workspaceId === event.workspaceId
    : token.ownerId === event.userId;
}

implementNode(AuditEventRef, {
  description: 'An entry in the audit log.',
  fields: (t) => ({
    at: t.field({
      type: 'DateTime',
      description: 'When the event happened.',
      resolve: (event) => new Date(event.at),
    }),
    action: t.exposeString('action', {
      description: 'The action, such as token.created or member.role_changed.',
    }),
    actorKind: t.expose('actorKind', {
      type: PrincipalKindEnum,
      nullable: true,
      description: 'The kind of caller; null for an unknown caller.',
    }),
    actor: t.field({
      type: UserRef,
      nullable: true,
      description:
        'The user that made the call, or the owner of the personal token that made it; null for other callers and deleted users.',
      resolve: ({ actorId }, _args, { loaders }) => (actorId === null ? null : loaders.user.load(actorId)),
    }),
    actorToken: t.field({
      type: TokenRef,
      nullable: true,
      description:
        'The token that made the call; null if no token did or the token was deleted. The log of a workspace does not show personal tokens.',
      resolve: async (event, _args, { loaders }) => {
        const token = event.actorTokenId && (await loaders.token.load(event.actorTokenId));
        return token && belongsToLog(token, event) ? token : null;
      },
    }),
    actorTokenId: t.id({
      nullable: true,
      description:
        'The id of the token that made the call, even if the token was deleted or is not shown; null if no token did.',
      resolve: ({ actorTokenId }) => actorTokenId && toGlobalId('Token', actorTokenId),
    }),
    targetId: t.exposeID('targetId', {
      nullable: true,
      description: 'The id of the object that the event is about.',
    }),
    ip: t.exposeString('ip', { nullable: true, description: 'The client address of the call.' }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'The User-Agent of the call.' }),
    detail: t.field({
      type: 'JSON',
      description: 'Details of the event, such as what changed. Never contains a secret.',
      resolve: ({ detailJson }, _args, { budget }) => {
        budget.take(bytesToUnits(detailJson.length));
        return JSON.parse(detailJson);
      },
    }),
  }),
});

const AuditEventConnection = builder.connectionObject(
  {
    type: AuditEventRef,
    name: 'AuditEventConnection',
    description: 'A page of audit events, newest first.',
  },
  { name: 'AuditEventEdge', description: 'An audit event and its cursor.' },
);

const AuditEventFilterInput = builder.inputType('AuditEventFilter', {
  description: 'Filters for an audit log. An event must match every filter.',
  fields: (t) => ({
    actions: t.stringList({
      description: 'Only events with one of these actions, such as token.created. Default: every action.',
    }),
    since: t.field({ type: 'DateTime', description: 'Only events at or after this instant.' }),
    until: t.field({ type: 'DateTime', description: 'Only events before this instant.' }),
  }),
});

const FILTER = { type: AuditEventFilterInput, description: 'Filters for the log.' } as const;

builder.objectField(WorkspaceRef, 'auditEvents', (t) =>
  t.connection(
    {
      type: AuditEventRef,
      description: 'The audit events of the workspace and what belongs to it, newest first.',
      requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'parent.id' },
      args: { filter: t.arg(FILTER) },
      resolve: async ({ id }, { filter, ...page }, { services }, info) =>
        toConnection(await services.auditLog.list({ workspaceId: id }, page, filter, selectsJson(info))),
    },
    AuditEventConnection,
  ),
);

builder.objectField(TokenRef, 'auditEvents', (t) =>
  t.connection(
    {
      type: AuditEventRef,
      description: 'The audit events of the token, newest first.',
      requires: {
        kind: 'token',
        operation: 'READ',
        token: 'parent.id',
        workspaceRole: 'ADMINISTRATOR',
        refusesPersonalTokens: true,
      },
      args: { filter: t.arg(FILTER) },
      resolve: async ({ id }, { filter, ...page }, { services }, info) =>
        toConnection(
          await services.auditLog.list(
            { targetId: toGlobalId('Token', id) },
            page,
            filter,
            selectsJson(info),
          ),
        ),
    },
    AuditEventConnection,
  ),
);

builder.objectField(ViewerRef, 'auditEvents', (t) =>
  t.connection(
    {
      type: AuditEventRef,
      description: "The audit events of the user's account and personal tokens, newest first.",
      requires: { kind: 'session' },
      args: { filter: t.arg(FILTER) },
      resolve: async (_viewer, { filter, ...page }, { services, principal }, info) =>
        toConnection(
          await services.auditLog.list(
            { userId: userIdOf(principal) as string },
            page,
            filter,
            selectsJson(info),
          ),
        ),
    },
    AuditEventConnection,
  ),
);
