import { decodeGlobalId } from '../../domain/global-id.ts';
import type { TokenFilter, TokenSummary } from '../../storage/repositories/token-lists.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { TokenRef, WorkspaceRef } from '../refs.ts';
import { OrderDirectionEnum, TokenAccessEnum, TokenStatusEnum } from './enums.ts';

const TokenFilterInput = builder.inputType('TokenFilter', {
  description: 'What narrows a list of tokens; all that is given must hold.',
  fields: (t) => ({
    status: t.field({ type: [TokenStatusEnum], description: 'Any of these; left out, every status.' }),
    access: t.field({ type: [TokenAccessEnum], description: 'Any of these; left out, every access.' }),
    search: t.string({ description: 'Matches name, description and identifier, ignoring case.' }),
    expiresBefore: t.field({ type: 'DateTime', description: 'Expires before this instant.' }),
    unusedSince: t.field({ type: 'DateTime', description: 'Not used since this instant, or never.' }),
    createdBy: t.id({
      description: 'Created by this user; never true of a token that a workspace token created.',
    }),
  }),
});

const TokenOrderFieldEnum = builder.enumType('TokenOrderField', {
  description: 'What a list of tokens is ordered by.',
  values: {
    CREATED_AT: { description: 'When it was created.' },
    NAME: { description: 'Its name, ignoring case.' },
    EXPIRES_AT: { description: 'When it expires; never comes after every instant.' },
    LAST_USED_AT: { description: 'When it was last used; never comes before every instant.' },
  } as const,
});

const TokenOrderInput = builder.inputType('TokenOrder', {
  description: 'How a list of tokens is ordered.',
  fields: (t) => ({
    field: t.field({ type: TokenOrderFieldEnum, required: true, description: 'What to order by.' }),
    direction: t.field({ type: OrderDirectionEnum, required: true, description: 'Which end comes first.' }),
  }),
});

const TokenSummaryRef = builder.objectRef<TokenSummary>('TokenSummary').implement({
  description: 'How many tokens stand in each state.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'All of them.' }),
    active: t.exposeInt('active', { description: 'Those that work.' }),
    disabled: t.exposeInt('disabled', { description: 'Those that are stopped.' }),
    expired: t.exposeInt('expired', { description: 'Those whose time is over.' }),
    revoked: t.exposeInt('revoked', { description: 'Those whose secret is dead.' }),
    expiringSoon: t.exposeInt('expiringSoon', { description: 'Active, and expiring within seven days.' }),
  }),
});

const TokenConnection = builder.connectionObject(
  { type: TokenRef, name: 'TokenConnection', description: 'A stretch of a list of tokens.' },
  { name: 'TokenEdge', description: 'A token in a list.' },
);

type FilterInput = typeof TokenFilterInput.$inferInput;

function toFilter(input: FilterInput | null | undefined): TokenFilter {
  return {
    status: input?.status ?? undefined,
    access: input?.access ?? undefined,
    search: input?.search ?? undefined,
    expiresBefore: input?.expiresBefore?.getTime(),
    unusedSince: input?.unusedSince?.getTime(),
    createdBy: input?.createdBy == null ? undefined : decodeGlobalId('User', input.createdBy),
  };
}

const FILTER = { type: TokenFilterInput, description: 'Narrows the list.' } as const;
const ORDER = { type: TokenOrderInput, description: 'Left out: newest first.' } as const;

/** A filter or an order may look at all tokens of a workspace, up to 1,000. */
const LIST_UNITS = 300;

/** A summary looks at up to 1,000 tokens. */
const SUMMARY_UNITS = 1000;

builder.queryFields((t) => ({
  token: t.field({
    type: TokenRef,
    nullable: true,
    description: 'One token; null where it is absent or not visible to the caller.',
    need: { kind: 'token', operation: 'READ', token: 'id', workspaceRole: 'VIEWER', lookup: true },
    args: { id: t.arg.id({ required: true, description: 'Which.' }) },
    resolve: (_root, { id }, { services, principal }) =>
      services.tokenReading.find(principal, decodeGlobalId('Token', id)),
  }),
  tokens: t.connection(
    {
      type: TokenRef,
      description:
        "The caller's personal tokens; newest first unless ordered. A token sees itself and what it derived.",
      need: { kind: 'token', operation: 'LIST', lookup: true },
      args: { filter: t.arg(FILTER), orderBy: t.arg(ORDER) },
      resolve: async (_root, { filter, orderBy, ...page }, { services, principal }) =>
        toConnection(
          await services.tokenReading.list(principal, page, toFilter(filter), orderBy ?? undefined),
        ),
    },
    TokenConnection,
  ),
  tokenSummary: t.field({
    type: TokenSummaryRef,
    cost: { units: SUMMARY_UNITS },
    description: "How the caller's personal tokens stand.",
    need: { kind: 'token', operation: 'LIST', lookup: true },
    resolve: (_root, _args, { services, principal }) => services.tokenReading.summary(principal),
  }),
}));

builder.objectField(TokenRef, 'derived', (t) =>
  t.connection(
    {
      type: TokenRef,
      nullable: true,
      description:
        'The tokens that were derived from this one directly, as far as the caller may list them, oldest first.',
      resolve: async ({ id }, page, { services, principal }) =>
        toConnection(await services.tokenReading.listDerived(principal, id, page)),
    },
    TokenConnection,
  ),
);

builder.objectFields(WorkspaceRef, (t) => ({
  tokens: t.connection(
    {
      type: TokenRef,
      cost: { units: LIST_UNITS },
      description: "The workspace's own tokens.",
      need: { kind: 'role', role: 'VIEWER', workspace: 'parent.id' },
      args: { filter: t.arg(FILTER), orderBy: t.arg(ORDER) },
      resolve: async ({ id }, { filter, orderBy, ...page }, { services }) =>
        toConnection(
          await services.tokenReading.listOfWorkspace(id, page, toFilter(filter), orderBy ?? undefined),
        ),
    },
    TokenConnection,
  ),
  tokenSummary: t.field({
    type: TokenSummaryRef,
    cost: { units: SUMMARY_UNITS },
    description: "How the workspace's own tokens stand.",
    need: { kind: 'role', role: 'VIEWER', workspace: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.tokenReading.summaryOfWorkspace(id),
  }),
}));
