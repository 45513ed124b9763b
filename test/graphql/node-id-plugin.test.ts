import { type GraphQLArgument, getNamedType, isInputObjectType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';

/** Inputs that take an id of any type, or one whose type depends on another input. */
const UNTYPED = [
  'CheckInput.entityId',
  'CheckInput.workspaceId',
  'Query.node.id',
  'TokenScopeInput.entityId',
  'TokenScopeInput.workspaceId',
  'Viewer.can.entityId',
  'Viewer.can.workspaceId',
];

type Input = readonly [path: string, input: Pick<GraphQLArgument, 'type' | 'extensions'>];

function inputsOfSchema(): Input[] {
  return Object.values(schema.getTypeMap()).flatMap((type): Input[] => {
    if (isInputObjectType(type)) {
      return Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]);
    }
    if (!isObjectType(type)) return [];
    return Object.values(type.getFields()).flatMap((field) =>
      field.args.map((arg): Input => [`${type.name}.${field.name}.${arg.name}`, arg]),
    );
  });
}

test('every id in the arguments declares the node type that it is decoded as', () => {
  const ids = inputsOfSchema().filter(([, { type }]) => getNamedType(type).name === 'ID');
  const untyped = ids.filter(([, { extensions }]) => !(extensions.pothosOptions as { for?: string }).for);
  expect(untyped.map(([path]) => path).sort()).toEqual(UNTYPED);
  expect(ids.length).toBeGreaterThan(20);
});
