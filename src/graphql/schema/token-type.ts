import { globalEntityId } from '../../domain/authority.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import { hasStar, type TokenScope } from '../../domain/scopes.ts';
import { isCreatedByToken, statusOf, type Token } from '../../domain/token.ts';
import type { TokenLimits } from '../../domain/values/limits.ts';
import type { Services } from '../../services/services.ts';
import { builder } from '../builder.ts';
import { implementNode } from '../implement-node.ts';
import { TokenRef, UserRef, WorkspaceRef } from '../refs.ts';
import { RoleEnum, TokenAccessEnum, TokenKindEnum, TokenStatusEnum } from './enums.ts';

export const TokenScopeRef = builder.objectRef<TokenScope>('TokenScope').implement({
  description:
    'Operations that a token is allowed to perform, on one entity of a type or on all of them, in one workspace or in all.',
  fields: (t) => ({
    id: t.id({ description: 'The opaque id.', resolve: (scope) => toGlobalId('TokenScope', scope.id) }),
    entityType: t.expose('entityType', { type: 'EntityType', description: 'The entity type.' }),
    entityId: t.id({
      nullable: true,
      description:
        'The one entity that the scope covers. If entityPattern is null too, the scope covers every entity of the type.',
      resolve: ({ entityType, entityId }) =>
        entityId && !hasStar(entityId) ? globalEntityId(entityType, entityId) : null,
    }),
    entityPattern: t.string({
      nullable: true,
      description:
        'On a registered type: covers the ids that begin with what precedes the star, and are longer. Null if the scope has no pattern.',
      resolve: ({ entityId }) => (entityId && hasStar(entityId) ? entityId : null),
    }),
    workspaceId: t.id({
      nullable: true,
      description: 'Limits the scope to one workspace; null covers every workspace of the owner.',
      resolve: ({ workspaceId }) => workspaceId && toGlobalId('Workspace', workspaceId),
    }),
    operations: t.field({
      type: ['Operation'],
      description:
        'The allowed operations. One that the registered type no longer declares has no effect; see Token.restrictions.',
      resolve: (scope) => [...scope.operations],
    }),
  }),
});

/** Metadata has up to 4 KiB, which are parsed and serialized again. */
const METADATA_UNITS = 20;

const TokenLimitsRef = builder.objectRef<TokenLimits & Pick<Token, 'usesLeft'>>('TokenLimits').implement({
  description: 'What limits the requests of a token, besides the limits of the tokens that it derives from.',
  fields: (t) => ({
    networks: t.stringList({
      nullable: true,
      description: 'CIDR blocks that a request must come from; null for anywhere.',
      resolve: ({ networks }) => networks && [...networks],
    }),
    requestsPerMinute: t.expose('requestsPerMinute', {
      type: 'PositiveInt',
      nullable: true,
      description: 'The most requests in a minute, for each server process of Postern; null for no limit.',
    }),
    uses: t.expose('uses', {
      type: 'PositiveInt',
      nullable: true,
      description: 'The most uses; null for no limit.',
    }),
    usesLeft: t.exposeInt('usesLeft', {
      nullable: true,
      description:
        'How many uses are left, of the token or of a token that it derives from; null for no limit.',
    }),
  }),
});

function instant(value: number | null): Date | null {
  return value === null ? null : new Date(value);
}

/** Returns the client of the last use of a token, even if it has not been stored yet. */
function lastClientOf({ id, lastUsedIp: ip, lastUsedUserAgent: userAgent }: Token, { lastUse }: Services) {
  return lastUse.unstored(id) ?? { ip, userAgent };
}

implementNode(TokenRef, {
  description: 'An access token, without its secret.',
  fields: (t) => {
    const at = (description: string, read: (token: Token) => number | null) =>
      t.field({ type: 'DateTime', nullable: true, description, resolve: (token) => instant(read(token)) });
    return {
      identifier: t.exposeString('identifier', {
        description:
          "A unique, human-readable identifier: the owner's email address or the workspace's slug, an underscore and a short id.",
      }),
      kind: t.expose('kind', {
        type: TokenKindEnum,
        description: 'Whether the token belongs to a user or to a workspace.',
      }),
      name: t.exposeString('name', { description: 'The display name; not unique.' }),
      description: t.exposeString('description', {
        nullable: true,
        description: 'The description; null if it has none.',
      }),
      maskedSecret: t.string({
        description:
          'The prefix and tag of the secret, its first 6 random characters, then an ellipsis. Of an imported secret, the characters that its import named.',
        resolve: (token) => `${token.secretPreview}…`,
      }),
      access: t.expose('access', { type: TokenAccessEnum, description: 'The access level of the token.' }),
      scopes: t.field({
        type: [TokenScopeRef],
        cost: { isBatched: true },
        description: 'The scopes if access is SCOPED; empty otherwise.',
        resolve: async (token, _args, { loaders }) => [...(await loaders.scopes.load(token.id))],
      }),
      role: t.expose('role', {
        type: RoleEnum,
        nullable: true,
        description: 'The role of a workspace token; null on a personal token.',
      }),
      workspace: t.field({
        type: WorkspaceRef,
        nullable: true,
        description: 'The workspace of a workspace token; null on a personal token.',
        resolve: ({ workspaceId }, _args, { loaders }) =>
          workspaceId === null ? null : loaders.workspace.load(workspaceId),
      }),
      owner: t.field({
        type: UserRef,
        nullable: true,
        description: 'The owner of a personal token; null on a workspace token.',
        resolve: ({ ownerId }, _args, { loaders }) => (ownerId === null ? null : loaders.user.load(ownerId)),
      }),
      createdBy: t.field({
        type: UserRef,
        nullable: true,
        description:
          'The user that created the token; null if that user was deleted, or if a workspace token created it.',
        resolve: ({ createdBy }, _args, { loaders }) =>
          createdBy === null ? null : loaders.user.load(createdBy),
      }),
      createdByToken: t.boolean({
        description: 'Whether a workspace token created the token. See parent and issuedBy for which one.',
        resolve: isCreatedByToken,
      }),
      subject: t.exposeString('subject', {
        nullable: true,
        description:
          "The customer or thing of a team's own product that a workspace token stands for; null if it stands for none.",
      }),
      metadata: t.field({
        type: 'JSONObject',
        nullable: true,
        cost: { units: METADATA_UNITS },
        description: 'The metadata of a workspace token; null if it has none.',
        resolve: ({ metadataJson }) => (metadataJson === null ? null : JSON.parse(metadataJson)),
      }),
      limits: t.field({
        type: TokenLimitsRef,
        nullable: true,
        description: 'The limits of the token; null if it has none of its own.',
        resolve: ({ limits, usesLeft }) => limits && { ...limits, usesLeft },
      }),
      issuedBy: t.field({
        type: TokenRef,
        nullable: true,
        description:
          'The workspace token that created this token for its subject; null if there is none, if it was deleted, or if the caller is not allowed to see it.',
        resolve: ({ issuedBy }, _args, { loaders }) =>
          issuedBy === null ? null : loaders.parent.load(issuedBy),
      }),
      parent: t.field({
        type: TokenRef,
        nullable: true,
        filteredBy: { kind: 'token', operation: 'READ' },
        description:
          'The token that this token derives from; null if it does not derive from another, or if the caller is not allowed to see that token.',
        resolve: ({ parentId }, _args, { loaders }) =>
          parentId === null ? null : loaders.parent.load(parentId),
      }),
      status: t.field({
        type: TokenStatusEnum,
        description: 'The status of the token, by the clock of the server.',
        resolve: (token, _args, { now }) => statusOf(token, now()),
      }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When the token was created.',
        resolve: (token) => new Date(token.createdAt),
      }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When the token last changed. Use does not count as a change.',
        resolve: (token) => new Date(token.updatedAt),
      }),
      expiresAt: at('When the token expires; null if it never expires.', (token) => token.expiresAt),
      overlapEndsAt: t.field({
        type: 'DateTime',
        nullable: true,
        description:
          'Until when the previous secret still works, unless the new one is used first; null if there is no overlap.',
        resolve: async (token, _args, { loaders, now }) => {
          const end = await loaders.overlapEnd.load(token.id);
          return end !== null && now() < end ? new Date(end) : null;
        },
      }),
      regeneratedAt: at(
        'When the current secret was issued; null if the token has not been regenerated.',
        (token) => token.regeneratedAt,
      ),
      disabledAt: at('When the token was disabled; null if it is not disabled.', (token) => token.disabledAt),
      revokedAt: at('When the token was revoked; null if it is not revoked.', (token) => token.revokedAt),
      lastUsedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the token was last used successfully; null if it has never been used.',
        resolve: ({ id, lastUsedAt }, _args, { services }) =>
          instant(services.lastUse.unstored(id)?.at ?? lastUsedAt),
      }),
      lastUsedIp: t.string({
        nullable: true,
        description: 'The client address of the last use; null if the token has never been used.',
        resolve: (token, _args, { services }) => lastClientOf(token, services).ip,
      }),
      lastUsedUserAgent: t.string({
        nullable: true,
        description: 'The User-Agent of the last use; null if the token has never been used.',
        resolve: (token, _args, { services }) => lastClientOf(token, services).userAgent,
      }),
    };
  },
});
