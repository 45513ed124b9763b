import { type SelectQueryBuilder, sql } from 'kysely';
import type { AuditAction, AuditEvent, AuditRecord } from '../../domain/audit.ts';
import type { Page, PageWindow, Position } from '../../domain/paging.ts';
import type { Executor } from '../database.ts';
import { countRows, existsQuery, type KeysetOrder, pageQuery, readPage } from '../query/paging.ts';
import { prepareInsert } from '../query/prepared-insert.ts';

/** The log of a user's account, of a workspace, or of one target. */
export type AuditLog =
  | { readonly userId: string }
  | { readonly workspaceId: string }
  | { readonly targetId: string };

/** A filter of a log. All conditions that are set must hold. Instants are in milliseconds. */
export interface AuditFilter {
  /** Any of these actions; an empty list matches no event. */
  readonly actions?: readonly AuditAction[] | undefined;
  /** Events at or after this instant. */
  readonly since?: number | undefined;
  /** Events before this instant. */
  readonly until?: number | undefined;
}

/** The order of every audit log: newest first. */
export const AUDIT_ORDER = { name: 'AT', keyType: 'number' } as const;

const KEYSET: KeysetOrder<{ at: number; id: string }> = {
  ...AUDIT_ORDER,
  key: sql.ref('at'),
  id: sql.ref('id'),
  direction: 'desc',
  positionOf: (row) => ({ key: row.at, id: row.id }),
};

const COLUMN = { userId: 'user_id', workspaceId: 'workspace_id', targetId: 'target_id' } as const;

function logQuery(db: Executor, log: AuditLog, filter: AuditFilter) {
  const [key, value] = Object.entries(log)[0] as [keyof typeof COLUMN, string];
  const { actions, since, until } = filter;
  let query = db.selectFrom('audit_events').where(COLUMN[key], '=', value);
  // PostgreSQL does not accept `in ()`.
  if (actions?.length === 0) query = query.where(sql<boolean>`1 = 0`);
  if (actions?.length) query = query.where('action', 'in', [...actions]);
  if (since !== undefined) query = query.where('at', '>=', since);
  if (until !== undefined) query = query.where('at', '<', until);
  return query;
}

/** Returns the instant of the newest event of the whole log; `null` if the log is empty. */
export async function findNewestAuditInstant(db: Executor): Promise<number | null> {
  const { newest } = await db
    .selectFrom('audit_events')
    .select((eb) => eb.fn.max<number | null>('at').as('newest'))
    .executeTakeFirstOrThrow();
  return newest;
}

const insertRow = prepareInsert('audit_events');

/** Adds an event to the log. */
export async function insertAuditEvent(db: Executor, event: AuditEvent): Promise<void> {
  await insertRow(db, {
    id: event.id,
    at: event.at,
    action: event.action,
    user_id: event.userId,
    workspace_id: event.workspaceId,
    actor_kind: event.actorKind,
    actor_id: event.actorId,
    actor_token_id: event.actorTokenId,
    target_id: event.targetId,
    ip: event.ip,
    user_agent: event.userAgent,
    detail: JSON.stringify(event.detail),
  });
}

/** Deletes up to `most` events before an instant; returns the count. */
export async function deleteAuditEvents(db: Executor, before: number, most: number): Promise<number> {
  const result = await db
    .deleteFrom('audit_events')
    .where('id', 'in', (eb) =>
      eb.selectFrom('audit_events').select('id').where('at', '<', before).orderBy('at').limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

type Row = {
  id: string;
  at: number;
  action: string;
  user_id: string | null;
  workspace_id: string | null;
  actor_kind: string | null;
  actor_id: string | null;
  actor_token_id: string | null;
  target_id: string | null;
  ip: string | null;
  user_agent: string | null;
  detail: string;
};

function toRecord(row: Row): AuditRecord {
  return {
    id: row.id,
    at: row.at,
    action: row.action as AuditEvent['action'],
    userId: row.user_id,
    workspaceId: row.workspace_id,
    actorKind: row.actor_kind as AuditEvent['actorKind'],
    actorId: row.actor_id,
    actorTokenId: row.actor_token_id,
    targetId: row.target_id,
    ip: row.ip,
    userAgent: row.user_agent,
    detailJson: row.detail,
  };
}

const COLUMNS = [
  'id',
  'at',
  'action',
  'user_id',
  'workspace_id',
  'actor_kind',
  'actor_id',
  'actor_token_id',
  'target_id',
  'ip',
  'user_agent',
] as const;

function pageColumns(withDetail: boolean) {
  const detail = withDetail ? sql.ref<string>('detail') : sql.lit('{}');
  return [...COLUMNS, detail.as('detail')] as const;
}

/** Selects a log, in a part for each action of the filter, so that each part is read from the index of its action alone. */
function partsOf(db: Executor, log: AuditLog, filter: AuditFilter) {
  const actions = [...new Set(filter.actions)];
  const filters = actions.length > 0 ? actions.map((action) => ({ ...filter, actions: [action] })) : [filter];
  return filters.map((each) => logQuery(db, log, each));
}

/** Selects what a query selects of each part of a log. */
function union<DB, TB extends keyof DB, Row>(parts: readonly SelectQueryBuilder<DB, TB, Row>[]) {
  const [first, ...others] = parts;
  if (!first) throw new Error('a log has at least one part');
  return others.reduce((all, part) => all.unionAll(part), first);
}

/** Returns a page of a log, newest first. Details can be long; without `withDetail` they are `{}`. */
export async function pageAuditEvents(
  db: Executor,
  log: AuditLog,
  filter: AuditFilter,
  window: PageWindow,
  withDetail: boolean,
): Promise<Page<AuditRecord>> {
  const parts = partsOf(db, log, filter).map((part) => part.select(['at', 'id']));
  const reads = {
    rows: (wider: PageWindow): Promise<Row[]> => {
      const newest = parts.map((part) =>
        db.selectFrom(pageQuery(part, wider, KEYSET).as('newest')).select('newest.id'),
      );
      const found =
        parts.length === 1
          ? logQuery(db, log, filter)
          : db.selectFrom('audit_events').where('id', 'in', union(newest));
      return pageQuery(found.select(pageColumns(withDetail)), wider, KEYSET).execute();
    },
    hasBeyond: async (position: Position, later: boolean) => {
      const beyond = parts.map((part) =>
        db.selectFrom(existsQuery(part, position, later, KEYSET).as('beyond')).select('beyond.one'),
      );
      return (await union(beyond).execute()).length > 0;
    },
  };
  return readPage(reads, toRecord, window, KEYSET);
}

/** Counts the events of a log, as `countRows` does. */
export async function countAuditEvents(db: Executor, log: AuditLog, filter: AuditFilter): Promise<number> {
  return countRows(db, logQuery(db, log, filter));
}

/** Returns an event by id. */
export async function findAuditEvent(db: Executor, id: string): Promise<AuditRecord | null> {
  const row = await db.selectFrom('audit_events').selectAll().where('id', '=', id).executeTakeFirst();
  return row ? toRecord(row) : null;
}
