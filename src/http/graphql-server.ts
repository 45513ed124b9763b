import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  specifiedRules,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql';
import {
  createYoga,
  type GraphQLParams,
  isAsyncIterable,
  mapAsyncIterator,
  type Plugin,
  type YogaInitialContext,
  type YogaServerInstance,
} from 'graphql-yoga';
import { failure } from '../domain/errors.ts';
import type { Context, ServerContext } from '../graphql/context.ts';
import { toGraphQLError } from '../graphql/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { codeOf, httpOf } from './answers.ts';
import { documentErrorOf, QuietValuesRule } from './document-errors.ts';
import { assertWithinLimits, MAX_TOKENS } from './document-limits.ts';
import type { Visit } from './visit.ts';

/** What one request hands to Yoga: its parameters, already checked, and what its context is made of. */
export interface Call {
  readonly graphqlParams: GraphQLParams;
  readonly server: ServerContext;
  readonly visit: Visit;
}

type CallPlugin = Plugin<Call, Call>;

const CACHED_DOCUMENTS = 1000;
const CACHED_DOCUMENT_LENGTH = 8 * 1024;

const RULES = [...specifiedRules.filter((rule) => rule !== ValuesOfCorrectTypeRule), QuietValuesRule];

/**
 * Remembers what came of parsing short documents; the oldest makes room. A thousand of the longest would fill the memory
 * of a small machine.
 */
function createDocumentCache<T>() {
  const kept = new Map<string, T>();
  return {
    get: (document: string) => kept.get(document),
    set(document: string, outcome: T) {
      if (document.length > CACHED_DOCUMENT_LENGTH) return;
      if (kept.size >= CACHED_DOCUMENTS) kept.delete(kept.keys().next().value as string);
      kept.set(document, outcome);
    },
  };
}

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

/** Every error under a code of ours. One at a field never changes the status; one of the whole request brings its own. */
function codeErrors(logger: Logger): CallPlugin {
  function codeError(error: GraphQLError, requestId: string): GraphQLError {
    const aboutDocument = documentErrorOf(error);
    if (aboutDocument) return aboutDocument;
    const coded = toGraphQLError(error, requestId);
    if (codeOf(coded) === 'INTERNAL_SERVER_ERROR') {
      logger.error({ requestId, err: error.originalError ?? error }, 'a request failed');
    }
    const { nodes, source, positions, path } = coded;
    const { http, ...extensions } = coded.extensions;
    return new GraphQLError(coded.message, {
      nodes,
      source,
      positions,
      path,
      extensions: path ? extensions : { ...extensions, http: http ?? httpOf(coded) },
    });
  }

  return {
    onResultProcess({ result, setResult, serverContext }) {
      const { requestId, codes } = serverContext.visit;
      const code = (part: ExecutionResult): ExecutionResult => {
        if (!part.errors) return part;
        const errors = part.errors.map((error) => codeError(error, requestId));
        codes.push(...errors.map(codeOf));
        return { ...part, errors };
      };
      if (isAsyncIterable(result)) setResult(mapAsyncIterator(result, code));
      else if (!Array.isArray(result)) setResult(code(result));
    },
  };
}

/** Yoga over our schema: it negotiates, executes and streams; what is open by default is shut or done before it. */
export function createGraphQLServer(parts: {
  schema: GraphQLSchema;
  createContext: (server: ServerContext) => Context;
  logger: Logger;
}): YogaServerInstance<Call, YogaInitialContext> {
  return createYoga<Call>({
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
}
