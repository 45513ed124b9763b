import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
  getOperationAST,
  parse,
  validate,
} from 'graphql';
import { createYoga, type GraphQLParams, isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga';
import { failure } from '../domain/errors.ts';
import type { Context, ServerContext } from '../graphql/context.ts';
import type { Logger } from '../platform/logger.ts';
import { assertWithinLimits, MAX_TOKENS } from './document-limits.ts';
import { createDocumentCache, RULES } from './documents.ts';
import type { HttpAnswer, HttpHeaders, HttpRequest } from './message.ts';
import { codeResult } from './result-errors.ts';
import type { Visit } from './visit.ts';

/** What one request hands to Yoga: its parameters, already checked, and what its context is made of. */
export interface Call {
  readonly graphqlParams: GraphQLParams;
  readonly server: ServerContext;
  readonly visit: Visit;
}

type CallPlugin = Plugin<Call, Call>;

/** The body was read and checked before: Yoga gets its parameters as they are. */
const readyParams: CallPlugin = {
  onRequestParse({ serverContext, setRequestParser }) {
    setRequestParser(() => serverContext.graphqlParams);
  },
};

/** Parses no more than the allowed tokens, and refuses what asks for too much before it is validated. */
function limitDocuments(): CallPlugin {
  const passed = new WeakSet<DocumentNode>();
  return {
    onParse({ context, setParseFn }) {
      setParseFn((source, options) => parse(source, { ...options, maxTokens: MAX_TOKENS }));
      return ({ result }) => {
        if (result instanceof Error) {
          if (result.message.endsWith('Parsing aborted.')) {
            throw failure('QUERY_TOO_COMPLEX', `The document may have at most ${MAX_TOKENS} tokens.`);
          }
          return;
        }
        if (!result) return;
        if (!passed.has(result)) assertWithinLimits(result);
        passed.add(result);
        const operation = getOperationAST(result, context.graphqlParams.operationName);
        if (operation)
          context.visit.operation = { name: operation.name?.value ?? null, type: operation.operation };
      };
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document) => validate(schema, document, RULES));
    },
  };
}

/** Gives resolvers the very object that `createContext` made, where Yoga would copy its fields into one of its own. */
function ownContext(createContext: (server: ServerContext) => Context): CallPlugin {
  return {
    onExecute({ executeFn, setExecuteFn, context }) {
      setExecuteFn((args) => executeFn({ ...args, contextValue: createContext(context.server) }));
    },
    onSubscribe({ subscribeFn, setSubscribeFn, context }) {
      setSubscribeFn((args) => subscribeFn({ ...args, contextValue: createContext(context.server) }));
    },
  };
}

/** Ends a stream that the client takes in no form of ours: Yoga answers 406, and would leave it open for ever. */
const endUnwanted: CallPlugin = {
  async onResultProcess({ result, resultProcessor }) {
    if (isAsyncIterable(result) && !resultProcessor) await result[Symbol.asyncIterator]().return?.();
  },
};

/** Every error under a code of ours, those of each part of a stream too. */
function codeErrors(logger: Logger): CallPlugin {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      const code = (part: ExecutionResult) => codeResult(part, serverContext.visit, logger);
      if (isAsyncIterable(result)) setResult(mapAsyncIterator(result, code));
      else if (!Array.isArray(result)) setResult(code(result));
    },
  };
}

/** A request as Yoga wants it: what its parameters and its context are made of comes beside it. */
function toFetch(request: HttpRequest): Request {
  const accept = request.header('accept');
  return new Request(request.url, {
    method: request.method,
    headers: accept === null ? {} : { accept },
    signal: request.signal,
  });
}

/** The types of answers that go on. */
const STREAMED = /^(?:text\/event-stream|multipart\/mixed)\b/;

async function toAnswer(response: Response): Promise<HttpAnswer> {
  const { status, body } = response;
  const headers: HttpHeaders = {};
  for (const [name, value] of response.headers) headers[name.toLowerCase()] = value;
  return {
    status,
    headers,
    body: STREAMED.test(headers['content-type'] ?? '') ? body : await response.text(),
  };
}

/** Yoga over our schema: it negotiates, executes and streams; what is open by default is shut or done before it. */
export function createGraphQLServer(parts: {
  schema: GraphQLSchema;
  createContext: (server: ServerContext) => Context;
  logger: Logger;
}): (request: HttpRequest, call: Call) => Promise<HttpAnswer> {
  const yoga = createYoga<Call>({
    schema: parts.schema,
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    plugins: [
      readyParams,
      limitDocuments(),
      ownContext(parts.createContext),
      endUnwanted,
      codeErrors(parts.logger),
    ],
    cors: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    maskedErrors: false,
    maxRequestBodySize: false,
    multipart: false,
  });
  return async (request, call) => toAnswer(await yoga.fetch(toFetch(request), call));
}
