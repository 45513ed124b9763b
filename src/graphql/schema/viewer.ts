import type { Decision } from '../../domain/decision.ts';
import { formatDuration } from '../../domain/duration.ts';
import { userIdOf } from '../../domain/principal.ts';
import { isBuiltIn } from '../../domain/scopes.ts';
import type { AccessCheck, Pace } from '../../services/access/access-checks.ts';

import { type Budget, PRICE } from '../budget.ts';
import { builder } from '../builder.ts';
import { SessionRef, TokenRef, UserRef, ViewerRef } from '../refs.ts';
import { PrincipalKindEnum } from './enums.ts';

export const DecisionRef = builder.objectRef<Decision>('Decision').implement({
  description: 'Whether the caller is allowed to perform an operation and, if not, why.',
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed', { description: 'Whether the call would be allowed.' }),
    reason: t.string({
      nullable: true,
      description:
        'The extensions.reason of the error that the call would return, or its extensions.code if it has no reason.',
      resolve: (decision) => (decision.allowed ? null : (decision.reason ?? decision.code)),
    }),
    required: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What is missing, as in extensions.required: a role, or an operation on an entity.',
      resolve: (decision) => (decision.allowed ? null : decision.required),
    }),
  }),
});

const ENTITY_ID =
  'The id of the entity. Omit it to check for at least one entity of the type; "*" checks for every entity.';
const WORKSPACE_ID = 'The workspace of the entity. Required if the entity does not determine it.';

/** Returns a check that is about at least one entity if it has no id: an interface shows an action that fits any entity. */
export function withDefaultExtent(check: AccessCheck): AccessCheck {
  return { ...check, any: check.entityId == null };
}

/** The number of sessions of a user has no limit. */
const SESSIONS_READ = 5000;

/** A check without an id reads the workspaces and channels that are visible to the caller. */
export const CHECK_UNITS = 150;
/** The units of a long check: few of them run in one turn. */
const LONG_CHECK_UNITS = 500;
/** The units of the longest check, which reads the operations of a registered type in each of 1,000 workspaces. */
const LONGEST_CHECK_UNITS = 8_000;
/** A type can be registered in each workspace of the caller. The check then tries one workspace after the other. */
const SCAN_UNITS = PRICE.row;

/** Returns the pace of the checks of an operation. */
export function pacedBy(budget: Budget): Pace {
  return {
    check: ({ entityType, workspaceId }) => {
      const isBounded = isBuiltIn(entityType) || workspaceId != null;
      return budget.pace(isBounded ? LONG_CHECK_UNITS : LONGEST_CHECK_UNITS);
    },
    scan: (workspaces) => budget.take(workspaces * SCAN_UNITS),
  };
}

export const CheckInput = builder.inputType('CheckInput', {
  description: 'An access check: whether the caller is allowed to perform an operation.',
  fields: (t) => ({
    operation: t.field({ type: 'Operation', required: true, description: 'The operation to check.' }),
    entityType: t.field({ type: 'EntityType', required: true, description: 'The entity type.' }),
    entityId: t.id({ description: ENTITY_ID }),
    workspaceId: t.id({ description: WORKSPACE_ID }),
  }),
});

ViewerRef.implement({
  description: 'The caller.',
  fields: (t) => ({
    kind: t.field({
      type: PrincipalKindEnum,
      description: 'The kind of caller.',
      resolve: (_viewer, _args, { principal }) => {
        if (principal.kind === 'ANONYMOUS') throw new Error('an anonymous caller has no viewer');
        return principal.kind;
      },
    }),
    user: t.field({
      type: UserRef,
      nullable: true,
      description: 'The signed-in user, or the owner of the personal token.',
      resolve: (_viewer, _args, { principal, loaders }) => {
        const userId = userIdOf(principal);
        return userId === null ? null : loaders.user.load(userId);
      },
    }),
    token: t.field({
      type: TokenRef,
      nullable: true,
      description: 'The token that the caller used; null if the caller used a session.',
      resolve: (_viewer, _args, { principal, services }) => services.tokens.findOwn(principal),
    }),
    tokenMaxLifetime: t.field({
      type: 'Duration',
      description: 'The longest lifetime of a new personal token on this server.',
      resolve: (_viewer, _args, { services }) => formatDuration(services.tokens.personalLifetime),
    }),
    sessions: t.field({
      type: [SessionRef],
      cost: { reads: SESSIONS_READ },
      description: "The user's sessions, newest first.",
      requires: { kind: 'session' },
      resolve: (_viewer, _args, { principal, services }) => services.sessions.list(principal),
    }),
    can: t.field({
      type: DecisionRef,
      cost: { units: CHECK_UNITS },
      description:
        'Whether the caller is allowed to perform an operation on one entity, or on at least one or every entity of a type. Applies the same rules as the operation itself.',
      args: {
        operation: t.arg({ type: 'Operation', required: true, description: 'The operation to check.' }),
        entityType: t.arg({ type: 'EntityType', required: true, description: 'The entity type.' }),
        entityId: t.arg.id({ description: ENTITY_ID }),
        workspaceId: t.arg.id({ description: WORKSPACE_ID }),
      },
      resolve: (_viewer, check, { principal, services, budget }) =>
        services.access.check(principal, withDefaultExtent(check), pacedBy(budget)),
    }),
    canAll: t.field({
      type: [DecisionRef],
      cost: { units: CHECK_UNITS, perItemOf: 'checks' },
      description: 'Runs several access checks. The results have the order of the checks.',
      args: {
        checks: t.arg({ type: [CheckInput], required: true, description: 'The checks, at most 100.' }),
      },
      resolve: (_viewer, { checks }, { principal, services, budget }) =>
        services.access.checkAll(principal, checks.map(withDefaultExtent), pacedBy(budget)),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'The caller.',
    requires: { kind: 'credential' },
    resolve: () => ({}),
  }),
);
