import type { TokenFilter, TokenSummary } from '../../domain/token.ts';
import type { OnChunk } from '../../services/tokens/read.ts';
import { type Budget, PRICE } from '../budget.ts';
import { builder } from '../builder.ts';
import { toConnection } from '../connections.ts';
import { TokenRef, WorkspaceRef } from '../refs.ts';
import { createSelectsOnly } from '../selects-only.ts';
import { OrderDirectionEnum, TokenAccessEnum, TokenStatusEnum } from './enums.ts';

const TokenFilterInput = builder.inputType('TokenFilter', {
  description: 'Filters for a list of tokens. A token must match every filter.',
  fields: (t) => ({
    status: t.field({
      type: [TokenStatusEnum],
      description: 'Only tokens with one of these statuses. Default: every status.',
    }),
    access: t.field({
      type: [TokenAccessEnum],
      description: 'Only tokens with one of these access levels. Default: every access level.',
    }),
    search: t.string({
      description:
        'Only tokens whose name, description or identifier contains this text, ignoring case. In a list of a user or workspace with more than 1,000 tokens: whose name begins with this text, or whose identifier is this text.',
    }),
    expiresBefore: t.field({ type: 'DateTime', description: 'Only tokens that expire before this instant.' }),
    unusedSince: t.field({
      type: 'DateTime',
      description: 'Only tokens that have not been used since this instant.',
    }),
    createdBy: t.id({
      for: 'User',
      description:
        'Only tokens that this user created. Does not match tokens that a workspace token created.',
    }),
    subject: t.string({ description: 'Only tokens that stand for exactly this subject.' }),
    issuedBy: t.id({
      for: 'Token',
      description: 'Only tokens that this token, or one derived from it, created for a subject.',
    }),
  }),
});

const TokenOrderFieldEnum = builder.enumType('TokenOrderField', {
  description: 'A field to order tokens by.',
  values: {
    CREATED_AT: { description: 'When the token was created.' },
    NAME: { description: 'The name of the token, ignoring case.' },
    EXPIRES_AT: {
      description: 'When the token expires. Tokens that never expire sort last in ascending order.',
    },
    LAST_USED_AT: {
      description:
        'When the token was last used. Tokens that have never been used sort first in ascending order.',
    },
  } as const,
});

const TokenOrderInput = builder.inputType('TokenOrder', {
  description: 'The order of a list of tokens.',
  fields: (t) => ({
    field: t.field({ type: TokenOrderFieldEnum, required: true, description: 'The field to order by.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      required: true,
      description: 'The direction of the order.',
    }),
  }),
});

const TokenSummaryRef = builder.objectRef<TokenSummary>('TokenSummary').implement({
  description: 'The number of tokens by status.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'The number of all tokens.' }),
    active: t.exposeInt('active', { description: 'The number of active tokens.' }),
    disabled: t.exposeInt('disabled', { description: 'The number of disabled tokens.' }),
    expired: t.exposeInt('expired', { description: 'The number of expired tokens.' }),
    revoked: t.exposeInt('revoked', { description: 'The number of revoked tokens.' }),
    usedUp: t.exposeInt('usedUp', { description: 'The number of tokens without uses left.' }),
    expiringSoon: t.exposeInt('expiringSoon', {
      description: 'The number of active tokens that expire within seven days.',
    }),
  }),
});

const TokenConnection = builder.connectionObject(
  { type: TokenRef, name: 'TokenConnection', description: 'A page of tokens.' },
  { name: 'TokenEdge', description: 'A token and its cursor.' },
);

/** The fields that an outline of a token is enough for. */
const isOutline = createSelectsOnly(
  '__typename',
  'id',
  'identifier',
  'kind',
  'name',
  'maskedSecret',
  'access',
  'role',
  'workspace',
  'owner',
  'status',
  'createdAt',
  'expiresAt',
  'disabledAt',
  'revokedAt',
  'lastUsedAt',
);

type FilterInput = typeof TokenFilterInput.$inferInput;

function toFilter(input: FilterInput | null | undefined): TokenFilter {
  return {
    status: input?.status ?? undefined,
    access: input?.access ?? undefined,
    search: input?.search ?? undefined,
    expiresBefore: input?.expiresBefore?.getTime(),
    unusedSince: input?.unusedSince?.getTime(),
    createdBy: input?.createdBy ?? undefined,
    subject: input?.subject ?? undefined,
    issuedBy: input?.issuedBy ?? undefined,
  };
}

/** Returns what charges the further tokens that a filter reads. */
const chargeTo =
  (budget: Budget): OnChunk =>
  (tokens) =>
    budget.take(Math.ceil(tokens / PRICE.scanned));

const FILTER = { type: TokenFilterInput, description: 'Filters for the list.' } as const;
const ORDER = { type: TokenOrderInput, description: 'The order. Default: newest first.' } as const;

/** A filter can read 1,000 tokens. More are charged when they are read. */
const LIST_UNITS = 300;

/** A summary reads up to 1,000 tokens. */
const SUMMARY_UNITS = 1000;

builder.queryFields((t) => ({
  token: t.field({
    type: TokenRef,
    nullable: true,
    description: 'A token by id; null if it does not exist or is not visible to the caller.',
    requires: { kind: 'token', operation: 'READ', token: 'id', workspaceRole: 'VIEWER', lookup: true },
    args: { id: t.arg.id({ for: 'Token', required: true, description: 'The id of the token.' }) },
    resolve: (_root, { id }, { services, principal }) => services.tokens.find(principal, id),
  }),
  tokens: t.connection(
    {
      type: TokenRef,
      description:
        "The caller's personal tokens, newest first by default. If the caller is a token, the list has that token and its descendants.",
      requires: { kind: 'token', operation: 'LIST', lookup: true },
      args: { filter: t.arg(FILTER), orderBy: t.arg(ORDER) },
      resolve: async (_root, { filter, orderBy, ...page }, { services, principal, budget }, info) =>
        toConnection(
          await services.tokens.list(
            principal,
            page,
            toFilter(filter),
            orderBy ?? undefined,
            chargeTo(budget),
            isOutline(info),
          ),
        ),
    },
    TokenConnection,
  ),
  tokenSummary: t.field({
    type: TokenSummaryRef,
    cost: { units: SUMMARY_UNITS },
    description: "The number of the caller's personal tokens by status.",
    requires: { kind: 'token', operation: 'LIST', lookup: true },
    resolve: (_root, _args, { services, principal }) => services.tokens.summarize(principal),
  }),
}));

builder.objectField(TokenRef, 'derived', (t) =>
  t.connection(
    {
      type: TokenRef,
      nullable: true,
      filteredBy: { kind: 'token', operation: 'LIST' },
      description:
        'The tokens that derive directly from this token and that the caller is allowed to list, oldest first.',
      resolve: async ({ id }, page, { services, principal }) =>
        toConnection(await services.tokens.listDerived(principal, id, page)),
    },
    TokenConnection,
  ),
);

builder.objectFields(WorkspaceRef, (t) => ({
  tokens: t.connection(
    {
      type: TokenRef,
      cost: { units: LIST_UNITS },
      description: "The workspace's own tokens, newest first by default.",
      requires: { kind: 'role', role: 'VIEWER', workspace: 'parent.id' },
      args: { filter: t.arg(FILTER), orderBy: t.arg(ORDER) },
      resolve: async ({ id }, { filter, orderBy, ...page }, { services, budget }, info) =>
        toConnection(
          await services.tokens.listForWorkspace(
            id,
            page,
            toFilter(filter),
            orderBy ?? undefined,
            chargeTo(budget),
            isOutline(info),
          ),
        ),
    },
    TokenConnection,
  ),
  tokenSummary: t.field({
    type: TokenSummaryRef,
    cost: { units: SUMMARY_UNITS },
    description: "The number of the workspace's own tokens by status.",
    requires: { kind: 'role', role: 'VIEWER', workspace: 'parent.id' },
    args: { subject: t.arg.string({ description: 'Counts only the tokens that stand for this subject.' }) },
    resolve: ({ id }, { subject }, { services }) =>
      services.tokens.summarizeForWorkspace(id, subject ?? undefined),
  }),
}));
