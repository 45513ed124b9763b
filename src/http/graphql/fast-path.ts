import { type ExecutionResult, execute, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { CreateContext } from '../../graphql/context.ts';
import type { Logger } from '../../platform/logger.ts';
import type { HttpRequest, HttpResponse } from '../message/message.ts';
import { jsonTypeOf } from '../message/negotiation.ts';
import type { Call } from './call.ts';
import { codeResult } from './result-errors.ts';

/** Answers a request, or with `null` leaves it to Yoga, nothing of it executed. */
export type FastPath = (request: HttpRequest, call: Call) => Promise<HttpResponse | null>;

/**
 * The short way of what most requests are: a query or mutation in a `POST`, valid, for a client that takes plain JSON.
 * graphql-js executes it on the same schema, between the same admission and the same errors, without the machinery by
 * which Yoga streams and lets plugins in.
 */
export function createFastPath(parts: {
  schema: GraphQLSchema;
  createContext: CreateContext;
  logger: Logger;
}): FastPath {
  const { schema, createContext, logger } = parts;

  return async (
    { method },
    { graphqlParams, read, operation, units, accepted, server, visit: requestContext },
  ) => {
    const isPlain = operation !== null && operation.operation !== OperationTypeNode.SUBSCRIPTION;
    const type = jsonTypeOf(accepted);
    if (method !== 'POST' || !isPlain || !read.document || read.errors.length > 0 || !type) return null;
    const contextValue = createContext(server, units);
    const result: ExecutionResult = await execute({
      schema,
      document: read.document,
      operationName: graphqlParams.operationName,
      variableValues: graphqlParams.variables,
      contextValue,
    });
    contextValue.release();
    // The variables do not fit: nothing has been executed.
    if (result.data === undefined) return null;
    const { data, errors } = codeResult(result, requestContext, logger);
    return {
      status: 200,
      headers: { 'content-type': `${type}; charset=utf-8` },
      body: JSON.stringify(errors ? { errors, data } : { data }),
    };
  };
}
