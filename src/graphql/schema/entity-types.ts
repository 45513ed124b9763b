import type { EntityOperation, RegisteredEntityType } from '../../domain/entity-type.ts';
import { builder } from '../builder.ts';
import { mutation } from '../mutation.ts';
import { WorkspaceRef } from '../refs.ts';
import { RoleEnum } from './enums.ts';

/** The operations of all types are read with them, up to 1,000. */
const OPERATIONS_UNITS = 300;

const EntityOperationRef = builder.objectRef<EntityOperation>('EntityOperation').implement({
  description: 'An operation of a registered entity type.',
  fields: (t) => ({
    name: t.expose('name', { type: 'Operation', description: 'The name that scopes and checks use.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The description; null if it has none.',
    }),
    role: t.expose('role', { type: RoleEnum, description: 'The lowest role that is allowed the operation.' }),
  }),
});

const RegisteredEntityTypeRef = builder.objectRef<RegisteredEntityType>('RegisteredEntityType').implement({
  description: 'An entity type that a workspace registered for its own services.',
  fields: (t) => ({
    name: t.expose('name', {
      type: 'EntityType',
      description: 'The name that scopes use; unique in the workspace.',
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The description; null if it has none.',
    }),
    operations: t.field({
      type: [EntityOperationRef],
      cost: { isBatched: true },
      description: 'The operations of the entity type: built-in ones first, then the others by name.',
      resolve: (type) => [...type.operations],
    }),
  }),
});

builder.objectField(WorkspaceRef, 'entityTypes', (t) =>
  t.field({
    type: [RegisteredEntityTypeRef],
    cost: { units: OPERATIONS_UNITS },
    description: 'The entity types that the workspace registered for its own services, ordered by name.',
    requires: { kind: 'entity', operation: 'READ', entityType: 'workspace', entity: 'parent.id' },
    resolve: ({ id }, _args, { services }) => services.entityTypes.list(id),
  }),
);

const EntityOperationInput = builder.inputType('EntityOperationInput', {
  description: 'The declaration of an operation.',
  fields: (t) => ({
    name: t.field({
      type: 'Operation',
      required: true,
      description: 'The name, such as REFUND; unique in the entity type.',
    }),
    description: t.string({ description: 'The description, up to 500 characters.' }),
    role: t.field({
      type: RoleEnum,
      description:
        'The lowest role that is allowed the operation, not above your own. Required unless the operation is built in; then the default is its role on channels.',
    }),
  }),
});

mutation('registerEntityType', {
  description:
    'Registers an entity type that scopes can name, or replaces its registration. An operation that is no longer declared stays in scopes and has no effect. Adding, changing or removing an operation requires at least its role.',
  requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
  input: {
    description: 'The entity type to register.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      name: t.field({
        type: 'EntityType',
        required: true,
        description: 'The name that scopes use; not workspace, channel or token.',
      }),
      description: t.string({ description: 'The description, up to 500 characters.' }),
      operations: t.field({
        type: [EntityOperationInput],
        required: true,
        description: 'The operations of the entity type, 1 to 64.',
      }),
    }),
  },
  run: async (uow, input, { services }) => ({ entityType: await services.entityTypes.register(uow, input) }),
  payload: {
    description: 'The entity type after the change.',
    fields: (t) => ({
      entityType: t.expose('entityType', { type: RegisteredEntityTypeRef, description: 'The entity type.' }),
    }),
  },
});

mutation('unregisterEntityType', {
  description:
    'Unregisters an entity type. Scopes that name it remain, and have no effect until it is registered again. Requires at least the role of each of its operations.',
  requires: { kind: 'role', role: 'ADMINISTRATOR', workspace: 'input.workspaceId' },
  input: {
    description: 'The entity type to unregister.',
    fields: (t) => ({
      workspaceId: t.id({ for: 'Workspace', required: true, description: 'The id of the workspace.' }),
      name: t.field({ type: 'EntityType', required: true, description: 'The name of the entity type.' }),
    }),
  },
  run: async (uow, { workspaceId, name }, { services }) => {
    await services.entityTypes.unregister(uow, workspaceId, name);
    return { name };
  },
  payload: {
    description: 'The unregistered entity type.',
    fields: (t) => ({
      unregisteredName: t.expose('name', {
        type: 'EntityType',
        description: 'The name of the unregistered entity type.',
      }),
    }),
  },
});
