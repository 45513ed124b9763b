import {
  GraphQLError,
  Kind,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
} from 'graphql';
import { ERRORS, type ErrorCode, PosternError } from '../domain/errors.ts';
import { withoutSecrets } from '../domain/secret.ts';

// What graphql-js says about a document or its variables repeats values of the caller's, and those may be secrets. Here
// each message is cut down to the part that names types, fields and places.

/** How graphql-js begins what it says about the shape of an input object: names only. */
const ABOUT_FIELDS = /^(?:Field "|OneOf |Exactly one key )/;

/** graphql-js's rule on literals, saying which type was expected instead of what stood there. */
export const QuietValuesRule: ValidationRule = (context: ValidationContext) => {
  const reportError = (error: GraphQLError) => {
    const message = ABOUT_FIELDS.test(error.message)
      ? error.message
      : `Expected a value of type "${context.getInputType()}".`;
    context.reportError(new GraphQLError(message, { nodes: error.nodes }));
  };
  return ValuesOfCorrectTypeRule(Object.create(context, { reportError: { value: reportError } }));
};

/** What the parser expected; what it found is the caller's own text. */
function aboutSyntax(message: string): string {
  return `${/^Syntax Error: Expected (?:"[^"]*"|<?\w+>?)/.exec(message)?.[0] ?? 'Syntax Error'}.`;
}

/** Why a variable's value does not fit, where that can be said in the schema's words. */
function reasonOf(cause: Error | undefined): string {
  if (cause instanceof GraphQLError && cause.originalError) return reasonOf(cause.originalError);
  if (cause instanceof PosternError) return cause.detail.issues?.[0]?.message ?? cause.message;
  const message = cause?.message ?? '';
  if (ABOUT_FIELDS.test(message) || /^Expected non-nullable type "[^"]*" not to be null\.$/.test(message))
    return message;
  return `${/^Expected type "\w+"/.exec(message)?.[0] ?? 'the value does not fit its type'}.`;
}

/** Which variable does not fit, where in it, and why. The message ends with the place and, if there is one, the cause. */
function aboutVariable(error: GraphQLError): string {
  const cause = error.originalError;
  if (!cause) return error.message;
  const head = error.message.slice(0, -`; ${cause.message}`.length);
  const place = / at "([\w.[\]]+)"$/.exec(head)?.[1] ?? /^Variable "\$(\w+)"/.exec(head)?.[1];
  return `Variable "$${place}": ${reasonOf(cause)}`;
}

function isAboutVariables(error: GraphQLError): boolean {
  return (
    error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION ||
    error.message.startsWith('Too many errors processing')
  );
}

/** The codes whose status depends on what the client accepts. */
const BY_MEDIA_TYPE: readonly ErrorCode[] = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_VARIABLES',
];

/** graphql-js stops comparing the fields of one name where there are hundreds of them. */
function aboutValidation({ message }: GraphQLError): { code: ErrorCode; message: string } {
  return message === 'Validation aborted.'
    ? { code: 'QUERY_TOO_COMPLEX', message: 'Too many fields of the document have the same name.' }
    : { code: 'GRAPHQL_VALIDATION_FAILED', message };
}

function codeAndMessage(error: GraphQLError): { code: ErrorCode; message: string } | null {
  switch (error.extensions.code) {
    case 'GRAPHQL_PARSE_FAILED':
      return { code: 'GRAPHQL_PARSE_FAILED', message: aboutSyntax(error.message) };
    case 'GRAPHQL_VALIDATION_FAILED':
      return aboutValidation(error);
    case 'OPERATION_RESOLUTION_FAILURE':
      return {
        code: 'BAD_REQUEST',
        message: 'The document has no such operation, or several and none was named.',
      };
    default:
      return isAboutVariables(error) ? { code: 'BAD_VARIABLES', message: aboutVariable(error) } : null;
  }
}

/**
 * An error about the document or its variables under its code, without the caller's values; `null` for any other.
 * Where the document or the variables are at fault, its HTTP status, 400, holds for clients that accept
 * `application/graphql-response+json`; others get 200 (GraphQL over HTTP).
 */
export function documentErrorOf(error: GraphQLError): GraphQLError | null {
  const known = error.path ? null : codeAndMessage(error);
  if (!known) return null;
  const { nodes, source, positions } = error;
  const http = { status: ERRORS[known.code].status, spec: BY_MEDIA_TYPE.includes(known.code) };
  const extensions = { code: known.code, http };
  return new GraphQLError(withoutSecrets(known.message), { nodes, source, positions, extensions });
}
