import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import {
  GraphQLDateTime,
  GraphQLDuration,
  GraphQLEmailAddress,
  GraphQLJSON,
  GraphQLJSONObject,
  GraphQLPositiveInt,
} from 'graphql-scalars';
import { isEntityType } from '../../domain/entity-type.ts';
import { isOperationName, OPERATIONS, type Operation } from '../../domain/scopes.ts';
import { builder } from '../builder.ts';

function parseSlug(value: unknown): string {
  if (typeof value !== 'string' || !isEntityType(value)) {
    throw new GraphQLError('An entity type is a lower-case slug of up to 50 characters.');
  }
  return value;
}

const entityType = new GraphQLScalarType<string, string>({
  name: 'EntityType',
  description:
    'The lower-case slug of an entity type: workspace, channel, token, or a type that a workspace registered.',
  serialize: parseSlug,
  parseValue: parseSlug,
  parseLiteral: (node) => parseSlug(node.kind === Kind.STRING ? node.value : null),
});

const OPERATION_NAMES = OPERATIONS.join(', ');

function parseOperation(value: unknown): Operation {
  if (typeof value !== 'string' || !isOperationName(value)) {
    throw new GraphQLError('An operation is a name in upper snake case, of up to 50 characters.');
  }
  return value;
}

/** Accepts an enum literal or a string. It is a scalar because new values of an enum would break clients. */
const operation = new GraphQLScalarType<Operation, string>({
  name: 'Operation',
  description: `An action on an entity, in upper snake case. The built-in operations are ${OPERATION_NAMES}; registered entity types declare others. Accepts an enum literal or a string.`,
  serialize: (value) => String(value),
  parseValue: parseOperation,
  parseLiteral: (node) =>
    parseOperation(node.kind === Kind.ENUM || node.kind === Kind.STRING ? node.value : null),
});

/** The length above which a value of a library's scalar is refused unread. The domain's parsers have exact limits. */
const SCALAR_LENGTH = 1000;

function requireShort(value: unknown): void {
  if (typeof value === 'string' && value.length > SCALAR_LENGTH) {
    throw new GraphQLError(`A value has at most ${SCALAR_LENGTH} characters.`);
  }
}

/** Returns a library's scalar with a description, which refuses long texts before the library matches them. */
function bounded<I, O>(scalar: GraphQLScalarType<I, O>, description: string): GraphQLScalarType<I, O> {
  return new GraphQLScalarType({
    ...scalar.toConfig(),
    description,
    parseValue(value) {
      requireShort(value);
      return scalar.parseValue(value);
    },
    parseLiteral(node, variables) {
      if (node.kind === Kind.STRING) requireShort(node.value);
      return scalar.parseLiteral(node, variables);
    },
  });
}

/** Returns a library's scalar with a description. */
function described<I, O>(scalar: GraphQLScalarType<I, O>, description: string): GraphQLScalarType<I, O> {
  return new GraphQLScalarType({ ...scalar.toConfig(), description });
}

/** An instant as text. The library leaves that to `JSON.stringify`, which needs a few percent more for a whole list. */
const dateTime = new GraphQLScalarType<Date, string>({
  ...GraphQLDateTime.toConfig(),
  serialize: (value) => GraphQLDateTime.serialize(value).toISOString(),
});

builder.addScalarType(
  'DateTime',
  bounded(dateTime, 'An instant in UTC (RFC 3339), such as 2030-01-31T12:00:00.000Z.'),
);
builder.addScalarType(
  'Duration',
  bounded(
    GraphQLDuration,
    'An ISO 8601 duration, such as P30D or PT15M. A year counts 365 days and a month 30.',
  ),
);
builder.addScalarType(
  'EmailAddress',
  bounded(GraphQLEmailAddress, 'An email address, in the syntax that HTML forms accept.'),
);
builder.addScalarType('JSON', described(GraphQLJSON, 'Any JSON value (RFC 8259).'));
builder.addScalarType('JSONObject', described(GraphQLJSONObject, 'A JSON object (RFC 8259).'));
builder.addScalarType('PositiveInt', described(GraphQLPositiveInt, 'An integer above 0.'));
builder.addScalarType('EntityType', entityType);
builder.addScalarType('Operation', operation);
