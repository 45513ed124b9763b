import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';
import { GraphQLDateTime, GraphQLDuration, GraphQLEmailAddress, GraphQLJSON } from 'graphql-scalars';
import { isEntityType } from '../../domain/entity-type.ts';
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
