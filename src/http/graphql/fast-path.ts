import { type ExecutionResult, execute, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { CreateContext } from '../../graphql/context.ts';
import type { Logger } from '../../platform/logger.ts';
import { andThen, type MaybePromise } from '../../platform/maybe-promise.ts';
import type { HttpRequest, HttpResponse } from '../message/message.ts';
import { jsonTypeOf } from '../message/negotiation.ts';
import type { Call } from './call.ts';
import { codeResult } from './result-errors.ts';

/**
 * Returns the response, as a promise if a field has to wait; or `null` without having executed anything if Yoga must execute the
 * request.
 */
export type FastPath = (request: HttpRequest, call: Call) => MaybePromise<HttpResponse | null>;

/**
 * Creates the path for most requests: a valid query or mutation in a `POST`, from a client that accepts JSON. It executes them
 * with graphql-js, on the same schema and with the same errors as Yoga, but without plugins and streaming.
 */
export function createFastPath(parts: {
  schema: GraphQLSchema;
  createContext: CreateContext;
  logger: Logger;
}): FastPath {
  const { schema, createContext, logger } = parts;

  return ({ method }, { graphqlParams, read, operation, units, accepted, server, requestContext }) => {
    const isPlain = operation !== null && operation.operation !== OperationTypeNode.SUBSCRIPTION;
    const type = jsonTypeOf(accepted);
    if (method !== 'POST' || !isPlain || !read.document || read.errors.length > 0 || !type) return null;
    const contextValue = createContext(server, units);
    const executed: MaybePromise<ExecutionResult> = execute({
      schema,
      document: read.document,
      operationName: graphqlParams.operationName,
      variableValues: graphqlParams.variables,
      contextValue,
    });
    return andThen(executed, (result) => {
      contextValue.release();
      // The variables are invalid, so nothing was executed.
      if (result.data === undefined) return null;
      const { data, errors } = codeResult(result, requestContext, logger);
      return {
        status: 200,
        headers: { 'content-type': `${type}; charset=utf-8` },
        body: JSON.stringify(errors ? { errors, data } : { data }),
      };
    });
  };
}
