import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { VisibilityFilter } from '../../domain/authority.ts';
import type { PolicySubject } from '../../domain/policy.ts';
import { rankOf } from '../../domain/roles.ts';
import type { VisibilityClause } from '../../domain/scope-coverage.ts';

type Condition = RawBuilder<SqlBool>;

/** Where a query keeps what reach is judged by. */
export interface VisibilityColumns {
  readonly workspaceId: string;
  readonly entityId: string;
  /** Another way in than membership: whether the entity is shared with the user for the operation. */
  readonly sharedWith?: (userId: string) => Condition;
}

/** The condition that a row's entity lies within a caller's reach: the visibility rule of every look-up and list. */
export function visibleTo(reach: VisibilityFilter, columns: VisibilityColumns): Condition {
  const conditions = [heldBy(reach, columns), ...reach.limits.map((clauses) => limitedTo(clauses, columns))];
  if (reach.subject) conditions.push(openTo(reach.subject, columns));
  return sql`(${sql.join(conditions, sql` and `)})`;
}

function heldBy(reach: VisibilityFilter, columns: VisibilityColumns): Condition {
  const workspaceId = sql.ref(columns.workspaceId);
  if ('workspaceId' in reach.holder) return sql`${workspaceId} = ${reach.holder.workspaceId}`;
  const { userId } = reach.holder;
  const member: Condition = sql`${workspaceId} in (
    select members.workspace_id from members
    where members.user_id = ${userId} and members.role >= ${rankOf(reach.role)})`;
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
  return sql`${sql.ref(columns.workspaceId)} in (
    select open.id from workspaces as open where ${personal} and ${lifetime})`;
}
