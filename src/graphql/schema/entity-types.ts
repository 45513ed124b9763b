import type { RegisteredEntityType } from '../../domain/entity-type.ts';
import { decodeGlobalId } from '../../domain/global-id.ts';
import { builder } from '../builder.ts';
import { WorkspaceRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';
import { OperationEnum } from './enums.ts';

const RegisteredEntityTypeRef = builder.objectRef<RegisteredEntityType>('RegisteredEntityType').implement({
  description: 'A kind of entity that a workspace declared for its own services.',
  fields: (t) => ({
    name: t.expose('name', {
      type: 'EntityType',
      description: 'What scopes call it; unique in the workspace.',
    }),
    description: t.exposeString('description', { nullable: true, description: 'What it is.' }),
    operations: t.field({
      type: [OperationEnum],
      description: 'What can be done to one; each needs the role that it needs on a channel.',
      resolve: (type) => [...type.operations],
    }),
  }),
});

builder.objectField(WorkspaceRef, 'entityTypes', (t) =>
  t.field({
    type: [RegisteredEntityTypeRef],
    description: 'The kinds of entity that this workspace declared for its own services, by name.',
    need: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.entityTypes.list(id),
  }),
);

const RegisterEntityTypeInput = builder.inputType('RegisterEntityTypeInput', {
  description: 'A kind of entity to declare.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'In which workspace.' }),
    name: t.field({
      type: 'EntityType',
      required: true,
      description: 'What scopes will call it; not workspace, channel or token.',
    }),
    description: t.string({ description: 'Up to 500 characters.' }),
    operations: t.field({
      type: [OperationEnum],
      required: true,
      description: 'What can be done to one; at least one.',
    }),
  }),
});

const UnregisterEntityTypeInput = builder.inputType('UnregisterEntityTypeInput', {
  description: 'Names a kind of entity that a workspace declared.',
  fields: (t) => ({
    workspaceId: t.id({ required: true, description: 'In which workspace.' }),
    name: t.field({ type: 'EntityType', required: true, description: 'Which.' }),
  }),
});

const RegisterEntityTypePayload = builder
  .objectRef<{ entityType: RegisteredEntityType }>('RegisterEntityTypePayload')
  .implement({
    description: 'The declaration after the change.',
    fields: (t) => ({
      entityType: t.expose('entityType', { type: RegisteredEntityTypeRef, description: 'The declaration.' }),
    }),
  });

const UnregisterEntityTypePayload = builder
  .objectRef<{ name: string }>('UnregisterEntityTypePayload')
  .implement({
    description: 'What was taken back.',
    fields: (t) => ({
      unregisteredName: t.expose('name', { type: 'EntityType', description: 'The name that was declared.' }),
    }),
  });

builder.mutationFields((t) => ({
  registerEntityType: t.field({
    type: RegisterEntityTypePayload,
    description: 'Declares a kind of entity for scopes to name; again, it replaces the declaration.',
    need: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({ type: RegisterEntityTypeInput, required: true, description: 'What to declare.' }),
    },
    resolve: async (_root, args, ctx, info) => {
      const request = { ...args.input, workspaceId: decodeGlobalId('Workspace', args.input.workspaceId) };
      return {
        entityType: await ctx.change(requirementOf(info, args), (uow) =>
          ctx.services.entityTypes.register(uow, request),
        ),
      };
    },
  }),
  unregisterEntityType: t.field({
    type: UnregisterEntityTypePayload,
    description:
      'Takes a declaration back. Scopes that name it stay, and grant nothing until it is declared again.',
    need: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
    args: { input: t.arg({ type: UnregisterEntityTypeInput, required: true, description: 'Which.' }) },
    resolve: async (_root, args, ctx, info) => {
      const { workspaceId, name } = args.input;
      await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.entityTypes.unregister(uow, decodeGlobalId('Workspace', workspaceId), name),
      );
      return { name };
    },
  }),
}));
