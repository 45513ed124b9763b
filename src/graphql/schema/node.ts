import { brandWithType } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import { type NodeType, parseGlobalId } from '../../domain/global-id.ts';
import { userIdOf } from '../../domain/principal.ts';
import type { Requirement } from '../../domain/requirement.ts';
import { jsonBudgetOf } from '../budget-plugin.ts';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';

type LookUp = (id: string, globalId: string, context: Context, info: GraphQLResolveInfo) => unknown;

/** Looks a node up through the root field of its type, so that `node` applies the same requirement. */
function through(field: string): LookUp {
  return (_id, globalId, context, info) =>
    info.schema.getQueryType()?.getFields()[field]?.resolve?.({}, { id: globalId }, context, info);
}

/** The look-up of each type that `node` returns. */
const LOOK_UPS: Partial<Record<NodeType, LookUp>> = {
  Token: through('token'),
  Workspace: through('workspace'),
  Channel: through('channel'),
  Message: (id, _globalId, { principal, services, budget }, info) =>
    services.messages.find(principal, id, jsonBudgetOf(budget, info)),
  User: (id, _globalId, { principal, loaders }) =>
    userIdOf(principal) === id ? loaders.user.load(id) : null,
  Federation: (id, _globalId, { principal, services }) => services.federations.find(principal, id),
  AuditEvent: (id, _globalId, { principal, services }) => services.auditLog.find(principal, id),
  Identity: async (id, _globalId, { principal, services }) =>
    (await services.identities.list(principal)).find((identity) => identity.id === id),
  Session: async (id, _globalId, { principal, services }) =>
    (await services.sessions.list(principal)).find((session) => session.id === id),
};

/** What a caller needs to see an object of each type. A type without an entry is visible to every caller or to its owner. */
const VISIBLE_BY = {
  Token: { kind: 'token', operation: 'READ', token: 'id' },
  Workspace: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'id' },
  Channel: { kind: 'entity', operation: 'READ', entityType: 'channel', entity: 'id' },
  Message: { kind: 'entity', operation: 'READ', entityType: 'channel' },
  Federation: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'id' },
  AuditEvent: { kind: 'session' },
  Identity: { kind: 'session' },
  Session: { kind: 'session' },
} as const satisfies Partial<Record<NodeType, Requirement>>;

builder.queryField('node', (t) =>
  t.field({
    type: builder.nodeInterfaceRef(),
    nullable: true,
    description: 'An object by its global id; null if it does not exist or is not visible to the caller.',
    requires: { kind: 'credential' },
    filteredBy: VISIBLE_BY,
    args: { id: t.arg.id({ required: true, description: 'The id of the object.' }) },
    resolve: async (_root, { id }, context, info) => {
      const parsed = parseGlobalId(id);
      const found = parsed && (await LOOK_UPS[parsed.type]?.(parsed.id, id, context, info));
      if (parsed && found) brandWithType(found as object, parsed.type as never);
      return (found ?? null) as never;
    },
  }),
);
