import { roleOfRank } from '../../domain/roles.ts';
import type {
  PersonalAccess,
  Token,
  TokenOwnership,
  TokenStops,
  WorkspaceAccessLevel,
} from '../../domain/token.ts';
import type { TokenLimits } from '../../domain/values/limits.ts';
import type { Executor } from '../database.ts';
import { endedAt } from '../query/pending-ends.ts';
import {
  ancestorExpiresAt,
  ancestorRevokedAt,
  ancestorStop,
  ancestorUsesLeft,
} from '../query/token-status.ts';

/** The columns of an outline, and those that lists are ordered by. */
const OUTLINE_COLUMNS = [
  'tokens.id',
  'tokens.owner_id',
  'tokens.workspace_id',
  'tokens.identifier',
  'tokens.name',
  'tokens.name_folded',
  'tokens.secret_preview',
  'tokens.access',
  'tokens.role',
  'tokens.uses_left',
  'tokens.created_at',
  'tokens.expires_at',
  'tokens.disabled_at',
  'tokens.revoked_at',
] as const;

/** The other columns of a token. The search text is long and is not read. */
const DETAIL_COLUMNS = [
  'tokens.kind',
  'tokens.created_by',
  'tokens.parent_id',
  'tokens.description',
  'tokens.is_imported',
  'tokens.subject',
  'tokens.metadata',
  'tokens.issued_by',
  'tokens.federation_id',
  'tokens.networks',
  'tokens.requests_per_minute',
  'tokens.uses',
  'tokens.updated_at',
  'tokens.issued_at',
  'tokens.regenerated_at',
  'u.ip as last_used_ip',
  'u.user_agent as last_used_user_agent',
] as const;

/** Selects the outlines of tokens. */
export function outlineQuery(db: Executor) {
  return db
    .selectFrom('tokens')
    .leftJoin('credential_uses as u', 'u.credential_id', 'tokens.id')
    .select(OUTLINE_COLUMNS)
    .select((eb) => [
      'u.at as last_used_at',
      ancestorStop(eb).as('ancestor_stop'),
      ancestorRevokedAt(eb).as('ancestor_revoked_at'),
      ancestorExpiresAt(eb).as('ancestor_expires_at'),
      endedAt().as('ended_at'),
    ]);
}

/** Selects the rows of tokens. */
export function tokenQuery(db: Executor) {
  return withDetails(outlineQuery(db));
}

/** Selects what an outline lacks of a token too. */
export function withDetails(outlines: OutlineQuery) {
  return outlines.select(DETAIL_COLUMNS).select((eb) => ancestorUsesLeft(eb).as('ancestor_uses_left'));
}

/** A query of outlines. */
export type OutlineQuery = ReturnType<typeof outlineQuery>;

/** A row of `outlineQuery`. */
export type OutlineRow = Awaited<ReturnType<ReturnType<typeof outlineQuery>['executeTakeFirstOrThrow']>>;

/** A row of `tokenQuery`. */
export type TokenRow = Awaited<ReturnType<ReturnType<typeof tokenQuery>['executeTakeFirstOrThrow']>>;

/** Returns the fields that depend on a token's kind. The table's constraints allow no other combination. */
export function toOwnership(
  row: Pick<OutlineRow, 'id' | 'owner_id' | 'workspace_id' | 'access' | 'role'>,
): TokenOwnership {
  const { owner_id: ownerId, workspace_id: workspaceId, role } = row;
  if (ownerId !== null) {
    return { kind: 'PERSONAL', ownerId, workspaceId: null, access: row.access as PersonalAccess, role: null };
  }
  if (workspaceId === null || role === null)
    throw new Error(`token ${row.id} belongs to no user or workspace`);
  const access = row.access as WorkspaceAccessLevel;
  return { kind: 'WORKSPACE', ownerId: null, workspaceId, access, role: roleOfRank(role) };
}

/** The properties of a token that an outline lacks. */
const DETAILS = {
  createdBy: true,
  parentId: true,
  description: true,
  subject: true,
  metadataJson: true,
  issuedBy: true,
  federationId: true,
  isImported: true,
  updatedAt: true,
  issuedAt: true,
  regeneratedAt: true,
  lastUsedIp: true,
  lastUsedUserAgent: true,
  limits: true,
  usesLeft: true,
} satisfies Partial<Record<keyof Token, true>>;

/** Throws instead of returning `undefined` for what was not read. */
const UNREAD: object = Object.defineProperties(
  {},
  Object.fromEntries(
    Object.keys(DETAILS).map((name) => [
      name,
      {
        get: () => {
          throw new Error(`an outline of a token has no ${name}`);
        },
      },
    ]),
  ),
);

/** Returns what determines the status of a token, with what its ancestors and pending ends add. */
function toStops(row: OutlineRow): TokenStops {
  return {
    revokedAt: row.revoked_at ?? lesser(row.ancestor_revoked_at, row.ended_at),
    disabledAt: row.disabled_at,
    isAncestorDisabled: row.ancestor_stop === 'DISABLED',
    expiresAt: lesser(row.expires_at, row.ancestor_expires_at),
    isUsedUp: row.uses_left === 0 || row.ancestor_stop === 'USED_UP',
  };
}

/** Returns the last use of a token; the column has 0 before the first use. */
function toLastUsedAt(row: OutlineRow): number | null {
  return row.last_used_at || null;
}

/** Returns the outline of a token: a token of which reading anything else throws. */
export function toOutline(row: OutlineRow): Token {
  const { kind, ownerId, workspaceId, access, role } = toOwnership(row);
  const { revokedAt, disabledAt, isAncestorDisabled, expiresAt, isUsedUp } = toStops(row);
  // Without spread syntax, which takes a hundred times as long beside a prototype.
  const outline = {
    __proto__: UNREAD,
    id: row.id,
    identifier: row.identifier,
    name: row.name,
    secretPreview: row.secret_preview,
    kind,
    ownerId,
    workspaceId,
    access,
    role,
    createdAt: row.created_at,
    expiresAt,
    disabledAt,
    isAncestorDisabled,
    revokedAt,
    lastUsedAt: toLastUsedAt(row),
    isUsedUp,
  } satisfies Record<Exclude<keyof Token, keyof typeof DETAILS> | '__proto__', unknown>;
  return outline as unknown as Token;
}

/** Returns the token of a row. */
export function toToken(row: TokenRow): Token {
  return {
    id: row.id,
    createdBy: row.created_by,
    parentId: row.parent_id,
    identifier: row.identifier,
    name: row.name,
    description: row.description,
    subject: row.subject,
    metadataJson: row.metadata,
    issuedBy: row.issued_by,
    federationId: row.federation_id,
    secretPreview: row.secret_preview,
    isImported: row.is_imported === 1,
    ...toOwnership(row),
    ...toStops(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    issuedAt: row.issued_at,
    regeneratedAt: row.regenerated_at,
    lastUsedAt: toLastUsedAt(row),
    lastUsedIp: row.last_used_ip,
    lastUsedUserAgent: row.last_used_user_agent,
    limits: toLimits(row),
    usesLeft: lesser(row.uses_left, row.ancestor_uses_left),
  };
}

function lesser(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

/** Returns the limits of a row; `null` if it has none. */
export function toLimits(row: {
  readonly networks: string | null;
  readonly requests_per_minute: number | null;
  readonly uses: number | null;
}): TokenLimits | null {
  const { networks, requests_per_minute: requestsPerMinute, uses } = row;
  if (networks === null && requestsPerMinute === null && uses === null) return null;
  return { networks: networks === null ? null : JSON.parse(networks), requestsPerMinute, uses };
}

/** Returns the columns of limits, without the uses that are left. */
export function limitsToColumns(limits: TokenLimits | null) {
  return {
    networks: limits?.networks ? JSON.stringify(limits.networks) : null,
    requests_per_minute: limits?.requestsPerMinute ?? null,
    uses: limits?.uses ?? null,
  };
}
