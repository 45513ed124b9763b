import type { TokenAuthority } from '../domain/principal.ts';
import { operationsFromBits } from '../domain/scopes.ts';
import type { TokenAccess, TokenKind, TokenStops } from '../domain/token.ts';
import { roleFromRank } from './codec.ts';
import type { Executor } from './database.ts';
import { precompile } from './precompiled.ts';

/** One token as authentication needs it: what stops it, and what it may do. */
export interface TokenLink extends TokenAuthority, Omit<TokenStops, 'ancestorDisabledAt'> {}

/** The token that a secret opens, with its owner and all that it derives from. */
export interface PresentedToken {
  readonly kind: TokenKind;
  readonly ownerId: string | null;
  readonly workspaceId: string | null;
  readonly email: string | null;
  readonly ownerDeactivatedAt: number | null;
  /** Set where the secret is the old one of an overlap. */
  readonly validUntil: number | null;
  /** Whether an old secret still works beside this one. */
  readonly hasOldSecret: boolean;
  /** The token itself, then those that it derives from, oldest first. */
  readonly chain: readonly [TokenLink, ...TokenLink[]];
}

const LINK = [
  't.id',
  't.access',
  't.role',
  't.issued_at',
  't.expires_at',
  't.disabled_at',
  't.revoked_at',
] as const;

const SCOPE = [
  's.entity_type',
  's.entity_id',
  's.workspace_id as scope_workspace_id',
  's.operations',
] as const;

interface LinkRow {
  id: string;
  access: string;
  role: number | null;
  issued_at: number;
  expires_at: number | null;
  disabled_at: number | null;
  revoked_at: number | null;
  entity_type: string | null;
  entity_id: string | null;
  scope_workspace_id: string | null;
  operations: number | null;
}

function toLink(rows: readonly [LinkRow, ...LinkRow[]]): TokenLink {
  const [first] = rows;
  return {
    tokenId: first.id,
    access: first.access as TokenAccess,
    role: roleFromRank(first.role),
    scopes: rows.flatMap((row) =>
      row.entity_type === null
        ? []
        : {
            entityType: row.entity_type,
            entityId: row.entity_id,
            workspaceId: row.scope_workspace_id,
            operations: operationsFromBits(row.operations as number),
          },
    ),
    lifetime: first.expires_at === null ? null : first.expires_at - first.issued_at,
    expiresAt: first.expires_at,
    disabledAt: first.disabled_at,
    revokedAt: first.revoked_at,
  };
}

async function findAncestorLinks(db: Executor, tokenId: string): Promise<TokenLink[]> {
  const rows = await db
    .selectFrom('token_ancestors as l')
    .innerJoin('tokens as t', 't.id', 'l.ancestor_id')
    .leftJoin('token_scopes as s', 's.token_id', 't.id')
    .select([...LINK, ...SCOPE])
    .where('l.token_id', '=', tokenId)
    .orderBy('t.id')
    .orderBy('s.id')
    .execute();
  const byToken = new Map<string, [LinkRow, ...LinkRow[]]>();
  for (const row of rows) {
    const known = byToken.get(row.id);
    if (known) known.push(row);
    else byToken.set(row.id, [row]);
  }
  return [...byToken.values()].map(toLink);
}

const presentedRows = precompile((db: Executor, digest: string) =>
  db
    .selectFrom('token_secrets as p')
    .innerJoin('tokens as t', 't.id', 'p.token_id')
    .leftJoin('users as o', 'o.id', 't.owner_id')
    .leftJoin('token_scopes as s', 's.token_id', 't.id')
    .select([...LINK, ...SCOPE])
    .select([
      't.kind',
      't.owner_id',
      't.workspace_id',
      't.parent_id',
      'p.valid_until',
      'o.email',
      'o.deactivated_at',
    ])
    .select((eb) =>
      eb
        .selectFrom('token_secrets as old')
        .whereRef('old.token_id', '=', 't.id')
        .where('old.valid_until', 'is not', null)
        .select((sub) => sub.fn.countAll<number>().as('count'))
        .as('old_secrets'),
    )
    .where('p.digest', '=', digest)
    .orderBy('s.id'),
);

/** What a digest opens, worked out from the tables that say so: the truth that what is kept has to equal. */
export async function workOutPresentedToken(db: Executor, digest: string): Promise<PresentedToken | null> {
  const [first, ...others] = await presentedRows(db, digest);
  if (!first) return null;
  return {
    kind: first.kind as TokenKind,
    ownerId: first.owner_id,
    workspaceId: first.workspace_id,
    email: first.email,
    ownerDeactivatedAt: first.deactivated_at,
    validUntil: first.valid_until,
    hasOldSecret: Number(first.old_secrets) > 0,
    chain: [
      toLink([first, ...others]),
      ...(first.parent_id === null ? [] : await findAncestorLinks(db, first.id)),
    ],
  };
}
