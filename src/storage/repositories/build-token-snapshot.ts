import type { TokenAuthority } from '../../domain/principal.ts';
import { lowestRole, type Role } from '../../domain/roles.ts';
import type { TokenAccess, TokenStops } from '../../domain/token.ts';
import { operationsFromText, roleFromRank } from '../codec.ts';
import type { Executor } from '../database.ts';
import { openRoleOf } from '../query/open-role.ts';
import { isBeingDeleted } from '../query/pending-ends.ts';
import { prepareQuery } from '../query/prepared.ts';
import { verifiedEmailOf } from '../query/verified-email.ts';
import { toLimits } from './token-rows.ts';

/** One token of a chain, as authentication needs it: its authority and the instants that stop it. */
export interface TokenLink extends TokenAuthority, Omit<TokenStops, 'isAncestorDisabled' | 'isUsedUp'> {
  /** The token's own role; `null` for a personal token. */
  readonly role: Role | null;
}

/** The user that a personal token acts for. */
export interface PersonalSubject {
  readonly kind: 'PERSONAL';
  readonly userId: string;
  /** The email address of the user; `null` while it is unverified. */
  readonly verifiedEmail: string | null;
  /** When the user was deactivated; `null` for an active user. */
  readonly deactivatedAt: number | null;
  /** When the user last signed in; `null` if never. */
  readonly signedInAt: number | null;
  /** A role that the user has in a workspace whose policy refuses no token; `null` if none is known. */
  readonly openRole: Role | null;
}

/** The workspace that a workspace token acts in. */
export interface WorkspaceSubject {
  readonly kind: 'WORKSPACE';
  readonly workspaceId: string;
  /** The lowest role of the chain. */
  readonly role: Role;
  /** The customer or thing that the token stands for; `null` if it stands for none. */
  readonly subject: string | null;
  /** The federation that the token comes from; `null` if it comes from none. */
  readonly federationId: string | null;
}

/** The user or workspace that a token acts for. */
export type TokenSubject = PersonalSubject | WorkspaceSubject;

/** The token that a secret belongs to, with its subject and its ancestors. */
export interface TokenSnapshot {
  readonly subject: TokenSubject;
  /** When the secret stops working if it is the old one of an overlap; `null` for the current secret. */
  readonly validUntil: number | null;
  /** Whether an old secret still works beside this one. */
  readonly hasOldSecret: boolean;
  /** How a set of tokens ended that has the token or one of its ancestors, while their rows do not have that yet. */
  readonly ended: 'REVOKED' | 'DELETED' | null;
  /** The token itself, then its ancestors, oldest first. */
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
  't.networks',
  't.requests_per_minute',
  't.uses',
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
  networks: string | null;
  requests_per_minute: number | null;
  uses: number | null;
  entity_type: string | null;
  entity_id: string | null;
  scope_workspace_id: string | null;
  operations: string | null;
}

function toLink(rows: readonly LinkRow[]): TokenLink {
  const [first] = rows as [LinkRow];
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
            operations: operationsFromText(row.operations as string),
          },
    ),
    lifetime: first.expires_at === null ? null : first.expires_at - first.issued_at,
    expiresAt: first.expires_at,
    disabledAt: first.disabled_at,
    revokedAt: first.revoked_at,
    limits: toLimits(first),
  };
}

/**
 * Reads everything that a snapshot is built from in one statement, and so from one state of the database. Between two
 * statements a disabled parent could be deleted, and then nothing would stop the token.
 */
const snapshotRows = prepareQuery((db: Executor, digest: string) =>
  db
    .selectFrom('token_secrets as p')
    .innerJoin('tokens as head', 'head.id', 'p.token_id')
    .leftJoin('users as o', 'o.id', 'head.owner_id')
    .innerJoin('tokens as t', (join) =>
      join.on('t.id', 'in', (eb) =>
        eb
          .selectFrom('token_secrets')
          .select('token_id')
          .where('digest', '=', digest)
          .unionAll(
            eb
              .selectFrom('token_secrets as q')
              .innerJoin('token_ancestors as l', 'l.token_id', 'q.token_id')
              .select('l.ancestor_id as token_id')
              .where('q.digest', '=', digest),
          ),
      ),
    )
    .leftJoin('federations as f', 'f.grant_id', 't.parent_id')
    .leftJoin('token_scopes as s', 's.token_id', 't.id')
    .select([...LINK, ...SCOPE])
    .select([
      'p.token_id',
      'p.valid_until',
      'o.id as user_id',
      'head.workspace_id',
      'head.subject',
      't.parent_id',
      'f.id as federation_id',
      verifiedEmailOf('o').as('verified_email'),
      'o.deactivated_at',
      'o.signed_in_at',
      openRoleOf('head.owner_id').as('open_role'),
    ])
    .select((eb) =>
      eb
        .selectFrom('token_secrets as old')
        .whereRef('old.token_id', '=', 'p.token_id')
        .where('old.valid_until', 'is not', null)
        .select((sub) => sub.fn.countAll<number>().as('count'))
        .as('old_secrets'),
    )
    .select(isBeingDeleted('p.token_id').as('is_being_deleted'))
    .where('p.digest', '=', digest)
    .orderBy('t.id')
    .orderBy('s.id'),
);

type Row = Awaited<ReturnType<typeof snapshotRows>>[number];

/**
 * Groups the rows by token: the token itself, then its ancestors, oldest first. Returns `null` if one of them is missing, or the
 * federation that gave the oldest.
 */
function linksOf(rows: readonly Row[]): [Row[], ...Row[][]] | null {
  const byToken = new Map<string, Row[]>();
  for (const row of rows) byToken.set(row.id, [...(byToken.get(row.id) ?? []), row]);
  const isComplete = rows.every(
    ({ parent_id, federation_id }) => parent_id === null || byToken.has(parent_id) || federation_id !== null,
  );
  const own = byToken.get(rows[0]?.token_id ?? '');
  if (!own || !isComplete) return null;
  return [own, ...[...byToken.values()].filter((link) => link !== own)];
}

/** Returns the user that a personal token acts for; `null` if the user is missing. */
export function toPersonalSubject(row: {
  user_id: string | null;
  verified_email: string | null;
  deactivated_at: number | null;
  signed_in_at: number | null;
  open_role: number | null;
}): PersonalSubject | null {
  const { user_id: userId, verified_email: verifiedEmail, deactivated_at: deactivatedAt } = row;
  if (userId === null) return null;
  return {
    kind: 'PERSONAL',
    userId,
    verifiedEmail,
    deactivatedAt,
    signedInAt: row.signed_in_at,
    openRole: roleFromRank(row.open_role),
  };
}

/** Returns how a set with a token ended, by the column that `isBeingDeleted` selects. */
export function toEnd(isBeingDeleted: number | null): TokenSnapshot['ended'] {
  if (isBeingDeleted === null) return null;
  return isBeingDeleted === 1 ? 'DELETED' : 'REVOKED';
}

/** Returns the workspace that a workspace token acts in; `null` if its chain has no role. */
export function toWorkspaceSubject(
  { workspaceId, subject, federationId }: Pick<WorkspaceSubject, 'workspaceId' | 'subject' | 'federationId'>,
  chain: readonly TokenLink[],
): WorkspaceSubject | null {
  const [role, ...others] = chain.flatMap((link) => link.role ?? []);
  return role
    ? { kind: 'WORKSPACE', workspaceId, role: lowestRole(role, ...others), subject, federationId }
    : null;
}

/**
 * Builds the snapshot of a digest from the ordinary tables; a stored snapshot always equals it. `null` if the digest is
 * unknown, or if the owner, an ancestor or the federation of the token is missing, because its limits are unknown then.
 */
export async function buildTokenSnapshot(db: Executor, digest: string): Promise<TokenSnapshot | null> {
  const rows = await snapshotRows(db, digest);
  const links = linksOf(rows);
  const [first] = rows;
  if (!first || !links) return null;
  const [own, ...ancestors] = links;
  const chain = [toLink(own), ...ancestors.map(toLink)] as const;
  const { workspace_id: workspaceId, subject: standsFor } = first;
  const federationId = rows.find((row) => row.federation_id !== null)?.federation_id ?? null;
  const subject =
    workspaceId === null
      ? toPersonalSubject(first)
      : toWorkspaceSubject({ workspaceId, subject: standsFor, federationId }, chain);
  if (!subject) return null;
  const hasOldSecret = Number(first.old_secrets) > 0;
  return {
    subject,
    validUntil: first.valid_until,
    hasOldSecret,
    ended: toEnd(first.is_being_deleted),
    chain,
  };
}
