import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import type { Context, ServerContext } from '../graphql/context.ts';
import type { Logger } from '../platform/logger.ts';
import { assertWithinLimits, MAX_TOKENS } from './document-limits.ts';
import { createDocumentCache, RULES } from './documents.ts';
import type { Call } from './graphql-server.ts';
import type { HttpAnswer, HttpRequest } from './message.ts';
import { codeResult } from './result-errors.ts';

const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

/** What is answered to the ways in which nearly every client says what it accepts; others are Yoga's to weigh. */
const TYPES: ReadonlyMap<string | null, string> = new Map([
  [null, JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/json', JSON_TYPE],
  ['application/graphql-response+json', RESPONSE_TYPE],
  ['application/graphql-response+json, application/json', RESPONSE_TYPE],
]);

/** Answers a request, or with `null` leaves it to Yoga, nothing of it executed. */
export type Lane = (request: HttpRequest, call: Call) => Promise<HttpAnswer | null>;

/** A document that may be executed; `null` where it is malformed, invalid or too large, and Yoga says so. */
function prepare(schema: GraphQLSchema, query: string): DocumentNode | null {
  try {
    const document = parse(query, { maxTokens: MAX_TOKENS });
    assertWithinLimits(document);
    return validate(schema, document, RULES).length === 0 ? document : null;
  } catch {
    return null;
  }
}

/**
 * The short way of what most requests are: a query or mutation in a `POST`, valid, for a client that takes plain JSON.
 * graphql-js executes it on the same schema, between the same admission and the same errors, without the machinery by
 * which Yoga negotiates, streams and lets plugins in.
 */
export function createLane(parts: {
  schema: GraphQLSchema;
  createContext: (server: ServerContext) => Context;
  logger: Logger;
}): Lane {
  const { schema, createContext, logger } = parts;
  const documents = createDocumentCache<DocumentNode | null>();

  function documentOf(query: string): DocumentNode | null {
    const known = documents.get(query);
    if (known !== undefined) return known;
    const document = prepare(schema, query);
    documents.set(query, document);
    return document;
  }

  return async (request, { graphqlParams, server, visit }) => {
    const { query = '', operationName, variables } = graphqlParams;
    const type = request.method === 'POST' ? TYPES.get(request.header('accept')) : undefined;
    const document = type && documentOf(query);
    const operation = document && getOperationAST(document, operationName);
    if (!type || !operation || operation.operation === OperationTypeNode.SUBSCRIPTION) return null;
    const result: ExecutionResult = await execute({
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: createContext(server),
    });
    // The variables do not fit: nothing has been executed.
    if (result.data === undefined) return null;
    visit.operation = { name: operation.name?.value ?? null, type: operation.operation };
    const { data, errors } = codeResult(result, visit, logger);
    return {
      status: 200,
      headers: { 'content-type': type },
      body: JSON.stringify(errors ? { errors, data } : { data }),
    };
  };
}
