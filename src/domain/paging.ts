import { badInput } from './errors.ts';

/** The default number of rows of a page. */
export const PAGE_DEFAULT = 20;
/** The maximum number of rows of a page. */
export const PAGE_MAX = 100;

/** The maximum that is counted; a longer list is reported to have more. */
export const COUNTED_MAX = 10_000;

/** The arguments of every connection, as Relay's Cursor Connections Specification names them. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** A position between rows: their sort key, and the id that orders rows with equal keys. */
export interface Position {
  readonly key: string | number;
  readonly id: string;
}

/** A window of a list: up to `limit` rows from its start or, with `backward`, from its end. */
export interface PageWindow {
  readonly limit: number;
  readonly backward: boolean;
  readonly after: Position | null;
  readonly before: Position | null;
}

/** A row of a page. */
export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
  /** Returns an edge with the same cursor. */
  withNode<U>(node: U): Edge<U>;
}

/** Rows with their cursors. */
export interface Page<T> {
  readonly edges: readonly Edge<T>[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** The order of a list. Its name is part of the cursors, so that a cursor of another order is recognised. */
export interface PageOrder {
  readonly name: string;
  readonly keyType: 'string' | 'number';
}

/** Returns an opaque cursor for the position of a row in an order. */
export function encodeCursor(order: PageOrder, position: Position): string {
  return Buffer.from(JSON.stringify([order.name, position.key, position.id])).toString('base64url');
}

/** More than the longest cursor, which contains a name of 100 characters with four bytes each. */
const CURSOR_LENGTH = 2048;
/** Matches control characters. No key or id contains one, and PostgreSQL does not accept all of them. */
const CONTROL = /\p{Cc}/u;

function parseCursor(order: PageOrder, cursor: string): Position | null {
  let parts: unknown;
  try {
    parts =
      cursor.length > CURSOR_LENGTH ? null : JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    parts = null;
  }
  if (!Array.isArray(parts) || parts.length !== 3) return null;
  const [name, key, id] = parts as unknown[];
  if (name !== order.name || typeof id !== 'string' || CONTROL.test(id)) return null;
  if (typeof key === 'string' && order.keyType === 'string' && !CONTROL.test(key)) return { key, id };
  return Number.isSafeInteger(key) && order.keyType === 'number' ? { key: key as number, id } : null;
}

/** Returns the position of a cursor. Base64 decoding ignores invalid characters, so the position must encode to the same cursor. */
function decodeCursor(order: PageOrder, cursor: string, path: string): Position {
  const position = parseCursor(order, cursor);
  if (!position || encodeCursor(order, position) !== cursor) {
    throw badInput([path], 'is not a cursor of this list in this order');
  }
  return position;
}

/** Returns the window that the arguments request. Throws `BAD_USER_INPUT` on too many rows, both directions or an invalid cursor. */
export function parsePage(page: PageArguments, order: PageOrder): PageWindow {
  if (page.first != null && page.last != null)
    throw badInput(['last'], 'must not be given together with first');
  const path = page.last != null ? 'last' : 'first';
  const limit = page.last ?? page.first ?? PAGE_DEFAULT;
  if (limit < 0 || limit > PAGE_MAX) throw badInput([path], `must be 0 to ${PAGE_MAX}`);
  return {
    limit,
    backward: page.last != null,
    after: page.after == null ? null : decodeCursor(order, page.after, 'after'),
    before: page.before == null ? null : decodeCursor(order, page.before, 'before'),
  };
}
