import type { AuditRecord } from '../../domain/audit.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { userIdOf } from '../../domain/principal.ts';
import type { Token } from '../../domain/token.ts';
import { bytesToUnits } from '../budget.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { implementNode } from '../implement-node.ts';
import { AuditEventRef, TokenRef, UserRef, ViewerRef, WorkspaceRef } from '../refs.ts';
import { PrincipalKindEnum } from './enums.ts';

/** Who reads a log may see the tokens of its holder only: somebody's personal token is no concern of a workspace. */
function belongsToHolder(token: Token, event: AuditRecord): boolean {
  return token.kind === 'WORKSPACE'
    ? token.workspaceId === event.workspaceId
    : token.ownerId === event.userId;
}

implementNode(AuditEventRef, {
  description: 'Something that was done, by whom and from where.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When.', resolve: (event) => new Date(event.at) }),
    action: t.exposeString('action', {
      description: 'Dotted, such as token.created or member.role_changed.',
    }),
    actorKind: t.expose('actorKind', {
      type: PrincipalKindEnum,
      nullable: true,
      description: 'What kind of caller did it; null for the operator, and for somebody unknown.',
    }),
    actor: t.field({
      type: UserRef,
      nullable: true,
      description: 'The person who did it, or whose personal token; null once that user is gone.',
      resolve: ({ actorId }, _args, { loaders }) => (actorId === null ? null : loaders.user.load(actorId)),
    }),
    actorToken: t.field({
      type: TokenRef,
      nullable: true,
      description:
        "The token that did it; null once it is gone, and for somebody's personal token in a workspace's log.",
      resolve: async (event, _args, { loaders }) => {
        const token = event.actorTokenId && (await loaders.token.load(event.actorTokenId));
        return token && belongsToHolder(token, event) ? token : null;
      },
    }),
    actorTokenId: t.id({
      nullable: true,
      description: 'The id of the token that did it, also where that is gone or not shown.',
      resolve: ({ actorTokenId }) => actorTokenId && toGlobalId('Token', actorTokenId),
    }),
    targetId: t.exposeID('targetId', { nullable: true, description: 'The global id of what was acted on.' }),
    ip: t.exposeString('ip', { nullable: true, description: 'The address that the call came from.' }),
    userAgent: t.exposeString('userAgent', { nullable: true, description: 'What the caller called itself.' }),
    detail: t.field({
      type: 'JSON',
      description: 'What changed, by public names. Never a secret.',
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
    description: 'A stretch of an audit log, newest first.',
  },
  { name: 'AuditEventEdge', description: 'A row of an audit log.' },
);

const AuditEventFilterInput = builder.inputType('AuditEventFilter', {
  description: 'What narrows an audit log; all that is given must hold.',
  fields: (t) => ({
    actions: t.stringList({ description: 'Any of these, such as token.created; left out, every action.' }),
    since: t.field({ type: 'DateTime', description: 'From this instant on.' }),
    until: t.field({ type: 'DateTime', description: 'Before this instant.' }),
  }),
});

const FILTER = { type: AuditEventFilterInput, description: 'Narrows the log.' } as const;

builder.objectField(WorkspaceRef, 'auditEvents', (t) =>
  t.connection(
    {
      type: AuditEventRef,
      description: 'What was done to the workspace and what belongs to it, newest first.',
      need: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'parent.id' },
      args: { filter: t.arg(FILTER) },
      resolve: async ({ id }, { filter, ...page }, { services }) =>
        toConnection(await services.auditReading.list({ workspaceId: id }, page, filter)),
    },
    AuditEventConnection,
  ),
);

builder.objectField(TokenRef, 'auditEvents', (t) =>
  t.connection(
    {
      type: AuditEventRef,
      description: 'What was done to the token, newest first.',
      need: {
        kind: 'token',
        operation: 'READ',
        token: 'parent.id',
        workspaceRole: 'ADMINISTRATOR',
        refusesPersonalTokens: true,
      },
      args: { filter: t.arg(FILTER) },
      resolve: async ({ id }, { filter, ...page }, { services }) =>
        toConnection(await services.auditReading.list({ targetId: toGlobalId('Token', id) }, page, filter)),
    },
    AuditEventConnection,
  ),
);

builder.objectField(ViewerRef, 'auditEvents', (t) =>
  t.connection(
    {
      type: AuditEventRef,
      description: "What was done to the person's account and personal tokens, newest first.",
      need: { kind: 'session' },
      args: { filter: t.arg(FILTER) },
      resolve: async (_viewer, { filter, ...page }, { services, principal }) =>
        toConnection(
          await services.auditReading.list({ userId: userIdOf(principal) as string }, page, filter),
        ),
    },
    AuditEventConnection,
  ),
);
