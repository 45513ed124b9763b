import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { createYoga, isAsyncIterable, mapAsyncIterator, type Plugin } from 'graphql-yoga';
import type { CreateContext } from '../../graphql/context.ts';
import type { Logger } from '../../platform/logger.ts';
import type { HttpHeaders, HttpRequest, HttpResponse } from '../message/message.ts';
import { EVENT_STREAM } from '../message/negotiation.ts';
import type { Call } from './call.ts';
import { codeResult } from './result-errors.ts';

type CallPlugin = Plugin<Call, Call>;

/** Gives Yoga the parameters that are already read and checked. */
const readyParams: CallPlugin = {
  onRequestParse({ serverContext, setRequestParser }) {
    setRequestParser(() => serverContext.graphqlParams);
  },
};

/** Gives Yoga the document that is already parsed and validated. */
const readDocument: CallPlugin = {
  onParse({ context, setParseFn }) {
    const { document, errors } = context.read;
    setParseFn(() => {
      if (document) return document;
      throw errors[0];
    });
  },
  onValidate({ context, setValidationFn }) {
    setValidationFn(() => context.read.errors);
  },
};

/** Gives resolvers the object from `createContext` itself, because Yoga would copy its fields into another object. */
function ownContext(createContext: CreateContext): CallPlugin {
  const contextOf = ({ server, units }: Call) => createContext(server, units);
  return {
    onExecute({ executeFn, setExecuteFn, context }) {
      const contextValue = contextOf(context);
      setExecuteFn((args) => executeFn({ ...args, contextValue }));
      return { onExecuteDone: () => contextValue.release() };
    },
    onSubscribe({ subscribeFn, setSubscribeFn, context }) {
      setSubscribeFn((args) => subscribeFn({ ...args, contextValue: contextOf(context) }));
    },
  };
}

/** Gives each error a code, also in the events of a stream. */
function codeErrors(logger: Logger): CallPlugin {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      const code = (part: ExecutionResult) => codeResult(part, serverContext.requestContext, logger);
      if (isAsyncIterable(result)) setResult(mapAsyncIterator(result, code));
      else if (!Array.isArray(result)) setResult(code(result));
    },
  };
}

/** Returns a fetch `Request` for Yoga, without a body: the call contains the parameters. */
function toFetch(request: HttpRequest, { accepted }: Call): Request {
  return new Request(request.url, {
    method: request.method,
    headers: { accept: accepted.join(', ') },
    signal: request.signal,
  });
}

async function toHttpResponse(response: Response): Promise<HttpResponse> {
  const { status, body } = response;
  const headers: HttpHeaders = {};
  for (const [name, value] of response.headers) headers[name.toLowerCase()] = value;
  const isStream = headers['content-type']?.startsWith(EVENT_STREAM);
  // nginx buffers responses unless its configuration or this header says otherwise.
  if (isStream) headers['x-accel-buffering'] = 'no';
  return { status, headers, body: isStream ? body : await response.text() };
}

/** Creates Yoga for the schema. It executes and streams; its features for HTTP are off, because the endpoint has its own. */
export function createGraphQLServer(parts: {
  schema: GraphQLSchema;
  createContext: CreateContext;
  logger: Logger;
}): (request: HttpRequest, call: Call) => Promise<HttpResponse> {
  const yoga = createYoga<Call>({
    schema: parts.schema,
    parserAndValidationCache: false,
    plugins: [readyParams, readDocument, ownContext(parts.createContext), codeErrors(parts.logger)],
    cors: false,
    graphiql: false,
    landingPage: false,
    logging: false,
    maskedErrors: false,
    maxRequestBodySize: false,
    multipart: false,
  });
  return async (request, call) => toHttpResponse(await yoga.fetch(toFetch(request, call), call));
}
