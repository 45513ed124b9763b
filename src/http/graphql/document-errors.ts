import {
  GraphQLError,
  Kind,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
} from 'graphql';
import { ERRORS, type ErrorCode, PosternError } from '../../domain/errors.ts';
import { withoutSecrets } from '../../domain/secret.ts';

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

/** The executor gives such errors no code, and for subscriptions one of its own. */
function isAboutVariables({ extensions, nodes, message }: GraphQLError): boolean {
  if (extensions.code !== undefined && extensions.code !== 'BAD_USER_INPUT') return false;
  return nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION || message.startsWith('Too many errors processing');
}

/** What a client is told. */
interface Told {
  readonly code: ErrorCode;
  readonly message: string;
}

function told(code: ErrorCode, message: string = ERRORS[code].message): Told {
  return { code, message };
}

function tell(error: GraphQLError): Told | null {
  if (isAboutVariables(error)) return told('BAD_VARIABLES', aboutVariable(error));
  switch (error.extensions.code) {
    case 'GRAPHQL_PARSE_FAILED':
      return told('GRAPHQL_PARSE_FAILED', aboutSyntax(error.message));
    case 'GRAPHQL_VALIDATION_FAILED':
      // graphql-js gives up comparing the fields of one name where there are hundreds of them.
      return error.message === 'Validation aborted.'
        ? told('QUERY_TOO_COMPLEX', 'Too many fields of the document have the same name.')
        : told('GRAPHQL_VALIDATION_FAILED', error.message);
    case 'OPERATION_RESOLUTION_FAILURE':
      return told('BAD_REQUEST', 'The document has no such operation, or several and none was named.');
    case undefined:
      // What is found only when execution begins, such as an operation on a root type that the schema lacks.
      return error.nodes && !error.originalError ? told('GRAPHQL_VALIDATION_FAILED') : null;
    default:
      return null;
  }
}

/** The codes whose status depends on what the client accepts. */
const BY_MEDIA_TYPE: readonly ErrorCode[] = [
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_VARIABLES',
];

/**
 * An error about the document or its variables under its code, without the caller's values; `null` for any other.
 * Where the document or the variables are at fault, its HTTP status, 400, holds for clients that accept
 * `application/graphql-response+json`; others get 200 (GraphQL over HTTP).
 */
export function documentErrorOf(error: GraphQLError): GraphQLError | null {
  const answer = error.path ? null : tell(error);
  if (!answer) return null;
  const { code, message } = answer;
  const { nodes, source, positions } = error;
  const http = { status: ERRORS[code].status, spec: BY_MEDIA_TYPE.includes(code) };
  return new GraphQLError(withoutSecrets(message), { nodes, source, positions, extensions: { code, http } });
}
