import { userIdOf } from '../../domain/principal.ts';
import { type Decision, decide, decideAll } from '../../services/decisions.ts';
import { builder } from '../builder.ts';
import { SessionRef, TokenRef, UserRef, ViewerRef } from '../refs.ts';
import { OperationEnum, PrincipalKindEnum } from './enums.ts';

const DecisionRef = builder.objectRef<Decision>('Decision').implement({
  description: 'Whether the caller may do a thing, and what stands in the way if not.',
  fields: (t) => ({
    allowed: t.exposeBoolean('allowed', { description: 'Whether the call would pass.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description:
        'The code that the refused call would carry in extensions.reason, or its code where it has none.',
    }),
    required: t.expose('required', {
      type: 'JSON',
      nullable: true,
      description: 'What would be enough, as in extensions.required: a role, or an operation on an entity.',
    }),
  }),
});

const CheckInput = builder.inputType('CheckInput', {
  description: 'A question of authority.',
  fields: (t) => ({
    operation: t.field({ type: OperationEnum, required: true, description: 'What to do.' }),
    entityType: t.field({ type: 'EntityType', required: true, description: 'To what kind of entity.' }),
    entityId: t.id({ description: 'To which one; left out, to any.' }),
    workspaceId: t.id({ description: 'In which workspace, where the entity does not say.' }),
  }),
});

ViewerRef.implement({
  description: 'The caller.',
  fields: (t) => ({
    kind: t.field({
      type: PrincipalKindEnum,
      description: 'What kind of caller it is.',
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
      description: 'The token that the call was made with.',
      resolve: (_viewer, _args, { principal, services }) => services.tokenReading.findOwn(principal),
    }),
    sessions: t.field({
      type: [SessionRef],
      description: 'Where the person is signed in, newest first.',
      need: { kind: 'session' },
      resolve: (_viewer, _args, { principal, services }) => services.sessions.list(principal),
    }),
    can: t.field({
      type: DecisionRef,
      description:
        'Whether the caller may do an operation on an entity, on any entity of a type, or in a workspace: the same rules as the call itself meets.',
      args: {
        operation: t.arg({ type: OperationEnum, required: true, description: 'What to do.' }),
        entityType: t.arg({ type: 'EntityType', required: true, description: 'To what kind of entity.' }),
        entityId: t.arg.id({ description: 'To which one; left out, to any.' }),
        workspaceId: t.arg.id({ description: 'In which workspace, where the entity does not say.' }),
      },
      resolve: (_viewer, question, { principal, services }) => decide(services.db, principal, question),
    }),
    canAll: t.field({
      type: [DecisionRef],
      description: 'The same for several questions; the answers come in their order.',
      args: { checks: t.arg({ type: [CheckInput], required: true, description: 'At most 100.' }) },
      resolve: (_viewer, { checks }, { principal, services }) => decideAll(services.db, principal, checks),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    description: 'Who is calling.',
    need: { kind: 'credential' },
    resolve: () => ({}),
  }),
);
