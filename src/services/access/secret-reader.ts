import { type ForeignShape, foreignShapeTest } from '../../domain/import/foreign-shapes.ts';
import { kindOfSecret, type SecretKind } from '../../domain/secret.ts';
import { createDigestSet } from '../../platform/digest-set.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Executor } from '../../storage/database.ts';
import { findImportsAfter } from '../../storage/repositories/token-secrets.ts';

/** How often the digests that another process imports are read. */
const REFRESH_MS = 1000;

/** The digest of a text that can be a secret, and its kind: `IMPORTED` for a token of another system. */
export interface ReadSecret {
  readonly kind: SecretKind | 'IMPORTED';
  readonly digest: string;
}

/** Recognises secrets by their text, without the database. */
export interface SecretReader {
  /**
   * Returns the digest of a text that can be a secret; `null` for any other. A secret of Postern has a valid checksum. A secret
   * of another system has a configured shape and a digest that was imported: all imported digests are in memory, so guesses
   * cost no read.
   */
  read(text: string): ReadSecret | null;
  /** Reads the digests that were imported since the previous call. Without configured shapes, it reads nothing. */
  refresh(): Promise<void>;
  /** Reads all imported digests, and from then on new ones every second. */
  start(): Promise<void>;
  /** Ends the reading of new digests. */
  close(): Promise<void>;
}

/** Returns whether a secret is that of a token. */
export function isTokenSecret({ kind }: ReadSecret): boolean {
  return kind === 'PERSONAL' || kind === 'WORKSPACE' || kind === 'IMPORTED';
}

/** Returns the reader of secrets of a database. */
export function createSecretReader(deps: {
  db: Executor;
  shapes: readonly ForeignShape[];
  logger: Logger;
}): SecretReader {
  const { db, shapes, logger } = deps;
  const hasForeignShape = foreignShapeTest(shapes);
  const imported = createDigestSet();
  let last = 0;
  let refreshing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  async function readNew(): Promise<void> {
    for (;;) {
      const rows = await findImportsAfter(db, last);
      for (const { digest, sequence } of rows) {
        imported.add(digest);
        last = sequence;
      }
      if (rows.length === 0) return;
    }
  }

  function refresh(): Promise<void> {
    if (shapes.length === 0) return Promise.resolve();
    refreshing ??= readNew().finally(() => {
      refreshing = null;
    });
    return refreshing;
  }

  async function refreshOrWarn(): Promise<void> {
    try {
      await refresh();
    } catch (error) {
      logger.warn({ err: error }, 'could not read imported digests');
    }
  }

  return {
    read(text) {
      const kind = kindOfSecret(text);
      if (kind !== null) return { kind, digest: digestOf(text) };
      if (!hasForeignShape(text)) return null;
      const digest = digestOf(text);
      return imported.has(digest) ? { kind: 'IMPORTED', digest } : null;
    },

    refresh,

    async start() {
      await refresh();
      if (shapes.length > 0) timer = setInterval(refreshOrWarn, REFRESH_MS).unref();
    },

    async close() {
      clearInterval(timer);
      await refreshing?.catch(() => {});
    },
  };
}
