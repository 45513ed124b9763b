import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTime, GraphQLDuration, GraphQLEmailAddress, GraphQLJSON } from 'graphql-scalars';
import { isEntityType } from '../../domain/entity-type.ts';
import { OPERATIONS, type Operation } from '../../domain/scopes.ts';
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
  if (!(OPERATIONS as readonly unknown[]).includes(value)) {
    throw new GraphQLError(`An operation is one of ${OPERATION_NAMES}.`);
  }
  return value as Operation;
}

/** Takes an enum literal or a string. A scalar and not an enum, so that the set can grow without a breaking change. */
const operation = new GraphQLScalarType<Operation, string>({
  name: 'Operation',
  description: `An action on an entity, in upper snake case. The built-in operations are ${OPERATION_NAMES}. Accepts an enum literal or a string. The set is open: handle names that you do not know.`,
  serialize: (value) => String(value),
  parseValue: parseOperation,
  parseLiteral: (node) =>
    parseOperation(node.kind === Kind.ENUM || node.kind === Kind.STRING ? node.value : null),
});

/** More than any value of these scalars has. Domain parsers say more exactly what is wrong with a value. */
const SCALAR_LENGTH = 1000;

function requireShort(value: unknown): void {
  if (typeof value === 'string' && value.length > SCALAR_LENGTH) {
    throw new GraphQLError(`A value has at most ${SCALAR_LENGTH} characters.`);
  }
}

/** A scalar of a library, with our description, that refuses a long text before the library matches it. */
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

function described<I, O>(scalar: GraphQLScalarType<I, O>, description: string): GraphQLScalarType<I, O> {
  return new GraphQLScalarType({ ...scalar.toConfig(), description });
}

builder.addScalarType('DateTime', bounded(GraphQLDateTime, 'An instant, RFC 3339 in UTC.'));
builder.addScalarType(
  'Duration',
  bounded(
    GraphQLDuration,
    'An ISO 8601 duration, such as P30D or PT15M. A year counts 365 days and a month 30.',
  ),
);
builder.addScalarType(
  'EmailAddress',
  bounded(GraphQLEmailAddress, 'An email address, as HTML forms accept them.'),
);
builder.addScalarType('JSON', described(GraphQLJSON, 'Any JSON value (RFC 8259).'));
builder.addScalarType('EntityType', entityType);
builder.addScalarType('Operation', operation);
