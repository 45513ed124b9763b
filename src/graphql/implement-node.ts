import type { ImplementableObjectRef, ObjectFieldsShape } from '@pothos/core';
import { type NodeType, toGlobalId } from '../domain/global-id.ts';
import { builder, ID_DESCRIPTION } from './builder.ts';

type Types = (typeof builder)['$inferSchemaTypes'];

/**
 * Implements a type whose objects have an id of their own, as the relay plugin's `builder.node` does. That would make
 * every id a promise and with it every object, for which graphql-js then waits: a fifth of the time of a page of twenty.
 */
export function implementNode<Shape extends { readonly id: string }>(
  ref: ImplementableObjectRef<Types, Shape>,
  options: { readonly description: string; readonly fields: ObjectFieldsShape<Types, Shape> },
): void {
  const { description, fields } = options;
  ref.implement({
    description,
    interfaces: [builder.nodeInterfaceRef()],
    fields: (t) => ({
      id: t.id({
        description: ID_DESCRIPTION,
        resolve: ({ id }) => toGlobalId(ref.name as NodeType, id),
      }),
      ...fields(t),
    }),
  });
}
