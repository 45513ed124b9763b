import { globalEntityId } from '../../domain/authority.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { TokenScope } from '../../domain/scopes.ts';
import { statusOf, type Token } from '../../domain/token.ts';
import type { Services } from '../../services/services.ts';
import { builder } from '../builder.ts';
import { implementNode } from '../implement-node.ts';
import { TokenRef, UserRef, WorkspaceRef } from '../refs.ts';
import { OperationEnum, RoleEnum, TokenAccessEnum, TokenKindEnum, TokenStatusEnum } from './enums.ts';

const TokenScopeRef = builder.objectRef<TokenScope>('TokenScope').implement({
  description:
    'Operations that a token may do, on one entity of a type or on all, in one workspace or in all.',
  fields: (t) => ({
    id: t.id({ description: 'Opaque.', resolve: (scope) => toGlobalId('TokenScope', scope.id) }),
    entityType: t.expose('entityType', { type: 'EntityType', description: 'The kind of entity.' }),
    entityId: t.id({
      nullable: true,
      description: 'The one entity that the scope covers; null covers every entity of the type.',
      resolve: ({ entityType, entityId }) => entityId && globalEntityId(entityType, entityId),
    }),
    workspaceId: t.id({
      nullable: true,
      description: 'Limits the scope to one workspace; null covers every workspace of the owner.',
      resolve: ({ workspaceId }) => workspaceId && toGlobalId('Workspace', workspaceId),
    }),
    operations: t.field({
      type: [OperationEnum],
      description: 'What may be done.',
      resolve: (scope) => [...scope.operations],
    }),
  }),
});

function instant(value: number | null): Date | null {
  return value === null ? null : new Date(value);
}

/** The last use of a token, where that is not stored yet, too. */
function lastUseOf(token: Token, { lastUse }: Services) {
  const { lastUsedAt: at, lastUsedIp: ip, lastUsedUserAgent: userAgent } = token;
  return lastUse.unstored(token.id) ?? { at, ip, userAgent };
}

implementNode(TokenRef, {
  description: 'A token: what it is called, what it may do, and how it stands. Never its secret.',
  fields: (t) => {
    const at = (description: string, read: (token: Token) => number | null) =>
      t.field({ type: 'DateTime', nullable: true, description, resolve: (token) => instant(read(token)) });
    return {
      identifier: t.exposeString('identifier', {
        description:
          "Human-readable unique identifier: the owner's email (or the workspace's slug), an underscore, a short id.",
      }),
      kind: t.expose('kind', { type: TokenKindEnum, description: 'Whom it belongs to.' }),
      name: t.exposeString('name', { description: 'What people call it; need not be unique.' }),
      description: t.exposeString('description', { nullable: true, description: 'What it is for.' }),
      maskedSecret: t.string({
        description: 'The first 10 characters of the secret, then an ellipsis.',
        resolve: (token) => `${token.display}…`,
      }),
      access: t.expose('access', { type: TokenAccessEnum, description: 'How much it may do.' }),
      scopes: t.field({
        type: [TokenScopeRef],
        cost: { isBatched: true },
        description: 'What it may do, where access is SCOPED; empty otherwise.',
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
        description: 'The workspace of a workspace token.',
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
        description: 'Who created it; null once that user is gone.',
        resolve: ({ createdBy }, _args, { loaders }) =>
          createdBy === null ? null : loaders.user.load(createdBy),
      }),
      parent: t.field({
        type: TokenRef,
        nullable: true,
        description:
          'The token that this one was derived from; null where it was not, or where the caller may not see it.',
        resolve: ({ parentId }, _args, { loaders }) =>
          parentId === null ? null : loaders.parent.load(parentId),
      }),
      status: t.field({
        type: TokenStatusEnum,
        description: 'Whether it works, by the clock of the server.',
        resolve: (token, _args, { now }) => statusOf(token, now()),
      }),
      createdAt: t.field({
        type: 'DateTime',
        description: 'When it was created.',
        resolve: (token) => new Date(token.createdAt),
      }),
      updatedAt: t.field({
        type: 'DateTime',
        description: 'When it was last changed; being used is no change.',
        resolve: (token) => new Date(token.updatedAt),
      }),
      expiresAt: at('When it stops working. Null never expires.', (token) => token.expiresAt),
      regeneratedAt: at(
        'When the present secret was issued, where that was by regeneration; null where it is the first.',
        (token) => token.regeneratedAt,
      ),
      disabledAt: at('When it was disabled; null where it is not.', (token) => token.disabledAt),
      revokedAt: at('When it was revoked; null where it is not.', (token) => token.revokedAt),
      lastUsedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was last used with success; null where never.',
        resolve: (token, _args, { services }) => instant(lastUseOf(token, services).at),
      }),
      lastUsedIp: t.string({
        nullable: true,
        description: 'The address that the last use came from.',
        resolve: (token, _args, { services }) => lastUseOf(token, services).ip,
      }),
      lastUsedUserAgent: t.string({
        nullable: true,
        description: 'What the last use called itself.',
        resolve: (token, _args, { services }) => lastUseOf(token, services).userAgent,
      }),
    };
  },
});
