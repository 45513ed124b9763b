import type { RegisteredEntityType } from '../../domain/entity-type.ts';
import { builder } from '../builder.ts';
import { WorkspaceRef } from '../refs.ts';
import { requirementOf } from '../requirement-plugin.ts';

const RegisteredEntityTypeRef = builder.objectRef<RegisteredEntityType>('RegisteredEntityType').implement({
  description: 'An entity type that a workspace registered for its own services.',
  fields: (t) => ({
    name: t.expose('name', {
      type: 'EntityType',
      description: 'The name that scopes use; unique in the workspace.',
    }),
    description: t.exposeString('description', { nullable: true, description: 'The description.' }),
    operations: t.field({
      type: ['Operation'],
      description: 'The operations of the entity type. Each requires the same role as on a channel.',
      resolve: (type) => [...type.operations],
    }),
  }),
});

builder.objectField(WorkspaceRef, 'entityTypes', (t) =>
  t.field({
    type: [RegisteredEntityTypeRef],
    description: 'The entity types that the workspace registered for its own services, ordered by name.',
    requires: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.entityTypes.list(id),
  }),
);

const RegisterEntityTypeInput = builder.inputType('RegisterEntityTypeInput', {
  description: 'An entity type to register.',
  fields: (t) => ({
    workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
    name: t.field({
      type: 'EntityType',
      required: true,
      description: 'The name that scopes use; not workspace, channel or token.',
    }),
    description: t.string({ description: 'The description, up to 500 characters.' }),
    operations: t.field({
      type: ['Operation'],
      required: true,
      description: 'The operations of the entity type, at least one.',
    }),
  }),
});

const UnregisterEntityTypeInput = builder.inputType('UnregisterEntityTypeInput', {
  description: 'An entity type to unregister.',
  fields: (t) => ({
    workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
    name: t.field({ type: 'EntityType', required: true, description: 'The name of the entity type.' }),
  }),
});

const RegisterEntityTypePayload = builder
  .objectRef<{ entityType: RegisteredEntityType }>('RegisterEntityTypePayload')
  .implement({
    description: 'The entity type after the change.',
    fields: (t) => ({
      entityType: t.expose('entityType', { type: RegisteredEntityTypeRef, description: 'The entity type.' }),
    }),
  });

const UnregisterEntityTypePayload = builder
  .objectRef<{ name: string }>('UnregisterEntityTypePayload')
  .implement({
    description: 'The unregistered entity type.',
    fields: (t) => ({
      unregisteredName: t.expose('name', {
        type: 'EntityType',
        description: 'The name of the unregistered entity type.',
      }),
    }),
  });

builder.mutationFields((t) => ({
  registerEntityType: t.field({
    type: RegisterEntityTypePayload,
    description: 'Registers an entity type that scopes can name, or replaces its registration.',
    requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({
        type: RegisterEntityTypeInput,
        required: true,
        description: 'The entity type to register.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const request = args.input;
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
      'Unregisters an entity type. Scopes that name it remain, and have no effect until it is registered again.',
    requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
    args: {
      input: t.arg({
        type: UnregisterEntityTypeInput,
        required: true,
        description: 'The entity type to unregister.',
      }),
    },
    resolve: async (_root, args, ctx, info) => {
      const { workspaceId, name } = args.input;
      await ctx.change(requirementOf(info, args), (uow) =>
        ctx.services.entityTypes.unregister(uow, workspaceId, name),
      );
      return { name };
    },
  }),
}));
