import {
  type GraphQLField,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from 'graphql';
import type { Requirement } from '../../src/domain/requirement.ts';
import { schema } from '../../src/graphql/schema.ts';

/** A field of the schema, with the type that it belongs to. */
export interface FieldOfType {
  readonly type: string;
  readonly name: string;
  /** Such as `Query.token`. */
  readonly path: string;
  readonly field: GraphQLField<unknown, unknown>;
  /** The requirement of the field. */
  readonly requires: Requirement | undefined;
}

const ROOTS = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].map(
  (type) => type?.name,
);

/** The types of the schema that Postern defines. */
export function ownTypes(): GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
}

const FIELDS: readonly FieldOfType[] = ownTypes()
  .filter(isObjectType)
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({
      type: type.name,
      name: field.name,
      path: `${type.name}.${field.name}`,
      field,
      requires: field.extensions.requires as Requirement | undefined,
    })),
  );

/** Every field of every object type. */
export function allFields(): readonly FieldOfType[] {
  return FIELDS;
}

/** Whether a field is a root field of queries, mutations or subscriptions. */
export function isRootField({ type }: FieldOfType): boolean {
  return ROOTS.includes(type);
}

/** The paths of everything without a description: types, fields, arguments, enum values, directives. */
export function undescribed(): string[] {
  const missing: string[] = [];
  const look = (path: string, thing: { description?: string | null | undefined }) => {
    if (!thing.description?.trim()) missing.push(path);
  };
  for (const type of ownTypes()) {
    look(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) look(`${type.name}.${field.name}`, field);
    }
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        look(`${type.name}.${field.name}`, field);
        for (const argument of field.args) look(`${type.name}.${field.name}(${argument.name})`, argument);
      }
    }
  }
  for (const directive of schema.getDirectives().filter((each) => !isSpecifiedDirective(each))) {
    look(`@${directive.name}`, directive);
  }
  return missing;
}
