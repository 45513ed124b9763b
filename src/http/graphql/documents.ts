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
/** What a parsed token takes at most, its nodes included. Measured over documents of fields, lists, objects and variables. */
const BYTES_PER_TOKEN = 400;
const BYTES_PER_CHARACTER = 2;

const RECENT_DOCUMENTS = 4096;

const RULES = [...specifiedRules.filter((rule) => rule !== ValuesOfCorrectTypeRule), QuietValuesRule];

/** What reading a document results in. */
export interface ReadDocument {
  /** `null` if it is malformed or too large. */
  readonly document: DocumentNode | null;
  /** Why it must not be executed; empty if it may be. */
  readonly errors: readonly Error[];
}

/** The documents that clients send. */
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
 * Cuts each location down to what an error at a field is located by. The tokens that it links to take half of a
 * document's memory, and nothing locates an error by a name.
 */
function dropTokens(document: DocumentNode): void {
  visit(document, {
    enter(node: ASTNode) {
      const { loc, kind } = node;
      const place =
        loc && kind !== Kind.NAME ? { start: loc.start, end: loc.end, source: loc.source } : undefined;
      Object.assign(node, { loc: place });
    },
  });
}

function weigh(query: string, document: DocumentNode): number {
  return (document.tokenCount ?? MAX_TOKENS) * BYTES_PER_TOKEN + query.length * BYTES_PER_CHARACTER;
}

/**
 * Recognises most texts that it was shown before, in a fixed space: each has one place, by its checksum, until another
 * takes it.
 */
function createRecognition(places: number): (text: string) => boolean {
  const checksums = new Uint32Array(places);
  return (text) => {
    const checksum = crc32(text);
    const place = checksum % places;
    const isKnown = checksums[place] === checksum;
    checksums[place] = checksum;
    return isKnown;
  };
}

/**
 * Reads documents against a schema. Valid ones are kept, since reading one takes longer than answering it: up to 16 MiB in
 * all, and only when they come for the second time, so that what is sent once takes no memory and displaces nothing.
 */
export function createDocuments(schema: GraphQLSchema, capacity = CACHE_BYTES): Documents {
  const cache = createLruCache<ReadDocument>(capacity);
  const hasSeen = createRecognition(RECENT_DOCUMENTS);

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
