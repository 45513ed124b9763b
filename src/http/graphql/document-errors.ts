import {
  GraphQLError,
  Kind,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
} from 'graphql';
import { ERRORS, type ErrorCode, PosternError } from '../../domain/errors.ts';
import { withoutSecrets } from '../../domain/secret.ts';

// Messages of graphql-js about a document or its variables repeat values of the caller, which can be secrets. The functions
// here keep only the part of a message that names types, fields and positions.

/** The start of messages about the fields of an input object, which contain only names. */
const ABOUT_FIELDS = /^(?:Field "|OneOf |Exactly one key )/;

/** The rule of graphql-js on literals, with messages that name the expected type instead of the value. */
export const QuietValuesRule: ValidationRule = (context: ValidationContext) => {
  const reportError = (error: GraphQLError) => {
    const message = ABOUT_FIELDS.test(error.message)
      ? error.message
      : `Expected a value of type "${context.getInputType()}".`;
    context.reportError(new GraphQLError(message, { nodes: error.nodes }));
  };
  return ValuesOfCorrectTypeRule(Object.create(context, { reportError: { value: reportError } }));
};

/** Returns what the parser expected, without the text that it found. */
function aboutSyntax(message: string): string {
  return `${/^Syntax Error: Expected (?:"[^"]*"|<?\w+>?)/.exec(message)?.[0] ?? 'Syntax Error'}.`;
}

/** Returns why the value of a variable is invalid, in terms of the schema. */
function reasonOf(cause: Error | undefined): string {
  if (cause instanceof GraphQLError && cause.originalError) return reasonOf(cause.originalError);
  if (cause instanceof PosternError) return cause.detail.issues?.[0]?.message ?? cause.message;
  const message = cause?.message ?? '';
  if (ABOUT_FIELDS.test(message) || /^Expected non-nullable type "[^"]*" not to be null\.$/.test(message))
    return message;
  return `${/^Expected type "\w+"/.exec(message)?.[0] ?? 'the value does not fit its type'}.`;
}

/** Returns which variable is invalid, at which path, and why. A message of graphql-js ends with the path and the cause. */
function aboutVariable(error: GraphQLError): string {
  const cause = error.originalError;
  if (!cause) return error.message;
  const head = error.message.slice(0, -`; ${cause.message}`.length);
  const place = / at "([\w.[\]]+)"$/.exec(head)?.[1] ?? /^Variable "\$(\w+)"/.exec(head)?.[1];
  return `Variable "$${place}": ${reasonOf(cause)}`;
}

/** Returns whether an error is about variables. The executor sets no code or, for subscriptions, `BAD_USER_INPUT`. */
function isAboutVariables({ extensions, nodes, message }: GraphQLError): boolean {
  if (extensions.code !== undefined && extensions.code !== 'BAD_USER_INPUT') return false;
  return nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION || message.startsWith('Too many errors processing');
}

/** A code, and a message without values of the caller. */
interface CodedMessage {
  readonly code: ErrorCode;
  readonly message: string;
}

function coded(code: ErrorCode, message: string = ERRORS[code].message): CodedMessage {
  return { code, message };
}

function describe(error: GraphQLError): CodedMessage | null {
  if (isAboutVariables(error)) return coded('BAD_VARIABLES', aboutVariable(error));
  switch (error.extensions.code) {
    case 'GRAPHQL_PARSE_FAILED':
      return coded('GRAPHQL_PARSE_FAILED', aboutSyntax(error.message));
    case 'GRAPHQL_VALIDATION_FAILED':
      // graphql-js stops comparing fields if hundreds have the same name.
      return error.message === 'Validation aborted.'
        ? coded('QUERY_TOO_COMPLEX', 'Too many fields of the document have the same name.')
        : coded('GRAPHQL_VALIDATION_FAILED', error.message);
    case 'OPERATION_RESOLUTION_FAILURE':
      return coded(
        'BAD_REQUEST',
        'The document has no operation of this name, or has several and none is named.',
      );
    case undefined:
      // Execution failed before the first field, for example because the schema has no such root type.
      return error.nodes && !error.originalError ? coded('GRAPHQL_VALIDATION_FAILED') : null;
    default:
      return null;
  }
}

/** The codes whose status depends on the media type that the client accepts. */
const BY_MEDIA_TYPE: readonly ErrorCode[] = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_VARIABLES',
];

/**
 * Returns an error about the document or its variables with its code and without values of the caller; `null` for any other
 * error. For an invalid document or variable, clients that accept `application/graphql-response+json` get the status 400,
 * others 200 (GraphQL over HTTP).
 */
export function documentErrorOf(error: GraphQLError): GraphQLError | null {
  const description = error.path ? null : describe(error);
  if (!description) return null;
  const { code, message } = description;
  const { nodes, source, positions } = error;
  const http = { status: ERRORS[code].status, spec: BY_MEDIA_TYPE.includes(code) };
  return new GraphQLError(withoutSecrets(message), { nodes, source, positions, extensions: { code, http } });
}
