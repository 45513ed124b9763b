import { crc32 } from 'node:zlib';
import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  parse,
  specifiedRules,
  ValuesOfCorrectTypeRule,
  validate,
  visit,
} from 'graphql';
import { failure, PosternError } from '../../domain/errors.ts';
import { createLruCache } from '../../platform/lru-cache.ts';
import { QuietValuesRule } from './document-errors.ts';
import { assertWithinLimits, MAX_TOKENS } from './document-limits.ts';

const CACHE_BYTES = 16 * 1024 * 1024;
/** Maximum memory per token of a parsed document, measured with documents of fields, lists, objects and variables. */
const BYTES_PER_TOKEN = 400;
const BYTES_PER_CHARACTER = 2;

const RECENT_DOCUMENTS = 4096;

const RULES = [...specifiedRules.filter((rule) => rule !== ValuesOfCorrectTypeRule), QuietValuesRule];

/** The result of reading a document. */
export interface ReadDocument {
  /** `null` if it is malformed or too large. */
  readonly document: DocumentNode | null;
  /** The reasons not to execute it; empty if it is valid. */
  readonly errors: readonly Error[];
}

/** A reader of documents with a cache. */
export interface Documents {
  /** Parses a document, checks its size and validates it. Never throws for what a client can send. */
  readonly read: (query: string) => ReadDocument;
}

function parseWithinLimits(query: string): DocumentNode {
  try {
    const document = parse(query, { maxTokens: MAX_TOKENS });
    assertWithinLimits(document);
    return document;
  } catch (error) {
    if (!(error instanceof GraphQLError) || !error.message.endsWith('Parsing aborted.')) throw error;
    throw failure('QUERY_TOO_COMPLEX', `The document may have at most ${MAX_TOKENS} tokens.`);
  }
}

function readDocument(schema: GraphQLSchema, query: string): ReadDocument {
  try {
    const document = parseWithinLimits(query);
    return { document, errors: validate(schema, document, RULES) };
  } catch (error) {
    if (error instanceof GraphQLError || error instanceof PosternError)
      return { document: null, errors: [error] };
    throw error;
  }
}

/**
 * Reduces each location to what the location of a field error needs. The linked tokens take half of a document's memory, and
 * no error refers to the location of a name.
 */
function dropTokens(document: DocumentNode): void {
  visit(document, {
    enter(node: ASTNode) {
      const { loc, kind } = node;
      const location =
        loc && kind !== Kind.NAME ? { start: loc.start, end: loc.end, source: loc.source } : undefined;
      Object.assign(node, { loc: location });
    },
  });
}

function weigh(query: string, document: DocumentNode): number {
  return (document.tokenCount ?? MAX_TOKENS) * BYTES_PER_TOKEN + query.length * BYTES_PER_CHARACTER;
}

/**
 * Returns a function that reports whether it has probably seen a text before. It uses fixed memory: a table of checksums, in
 * which a new text can replace an old one.
 */
function createRecentTexts(slots: number): (text: string) => boolean {
  const checksums = new Uint32Array(slots);
  return (text) => {
    const checksum = crc32(text);
    const slot = checksum % slots;
    const isRecent = checksums[slot] === checksum;
    checksums[slot] = checksum;
    return isRecent;
  };
}

/**
 * Creates a reader of documents for a schema. It caches up to `capacity` bytes of valid documents, because reading one takes
 * longer than executing it. A document enters the cache when it is sent for the second time, so that documents that are sent
 * once do not displace others.
 */
export function createDocuments(schema: GraphQLSchema, capacity = CACHE_BYTES): Documents {
  const cache = createLruCache<ReadDocument>(capacity);
  const hasSeen = createRecentTexts(RECENT_DOCUMENTS);

  return {
    read(query) {
      const cached = cache.get(query);
      if (cached) return cached;
      const read = readDocument(schema, query);
      if (read.document && read.errors.length === 0 && hasSeen(query)) {
        dropTokens(read.document);
        cache.set(query, read, weigh(query, read.document));
      }
      return read;
    },
  };
}
