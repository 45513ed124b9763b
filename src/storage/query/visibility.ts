import { sql } from 'kysely';
import type { PolicySubject } from '../../domain/policy.ts';
import { rankOf } from '../../domain/roles.ts';
import type { VisibilityClause } from '../../domain/scope-coverage.ts';
import type { VisibilityFilter } from '../../domain/visibility.ts';
import { isInExistingWorkspace } from './deleted-workspaces.ts';
import type { Condition } from './granters.ts';

/** The columns of a query to which a visibility filter applies. */
export interface VisibilityColumns {
  readonly workspaceId: string;
  readonly entityId: string;
  /** Returns the condition that the entity is shared with a user for the operation, as an alternative to membership. */
  readonly sharedWith?: (userId: string) => Condition;
}

/** Returns the condition that the entity of a row passes a visibility filter. Every lookup and list uses it. */
export function visibleTo(filter: VisibilityFilter, columns: VisibilityColumns): Condition {
  const conditions: Condition[] = [
    heldBy(filter, columns),
    isInExistingWorkspace(columns.workspaceId),
    ...filter.limits.map((clauses) => limitedTo(clauses, columns)),
  ];
  if (filter.subject) conditions.push(openTo(filter.subject, columns));
  return sql`(${sql.join(conditions, sql` and `)})`;
}

function heldBy(filter: VisibilityFilter, columns: VisibilityColumns): Condition {
  const workspaceId = sql.ref(columns.workspaceId);
  if ('workspaceId' in filter.holder) return sql`${workspaceId} = ${filter.holder.workspaceId}`;
  const { userId } = filter.holder;
  const member: Condition = sql`${workspaceId} in (
    select members.workspace_id from members
    where members.user_id = ${userId} and members.role >= ${rankOf(filter.role)})`;
  return columns.sharedWith ? sql`(${member} or ${columns.sharedWith(userId)})` : member;
}

function limitedTo(clauses: readonly VisibilityClause[], columns: VisibilityColumns): Condition {
  const alternatives = clauses.map((clause): Condition => {
    const parts: Condition[] = [];
    if (clause.entityId !== null) parts.push(sql`${sql.ref(columns.entityId)} = ${clause.entityId}`);
    if (clause.workspaceId !== null) parts.push(sql`${sql.ref(columns.workspaceId)} = ${clause.workspaceId}`);
    return parts.length === 0 ? sql`1 = 1` : sql`(${sql.join(parts, sql` and `)})`;
  });
  return alternatives.length === 0 ? sql`1 = 0` : sql`(${sql.join(alternatives, sql` or `)})`;
}

function openTo(subject: PolicySubject, columns: VisibilityColumns): Condition {
  const personal: Condition =
    subject.kind === 'PERSONAL' ? sql`open.personal_tokens = 'ALLOWED'` : sql`1 = 1`;
  const lifetime: Condition =
    subject.lifetime === null
      ? sql`open.max_lifetime is null`
      : sql`(open.max_lifetime is null or open.max_lifetime >= ${subject.lifetime})`;
  const seen: Condition = sql`(open.owner_seen_within is null or open.owner_seen_within > ${subject.unseenFor})`;
  return sql`${sql.ref(columns.workspaceId)} in (
    select open.id from workspaces as open where ${personal} and ${lifetime} and ${seen})`;
}
