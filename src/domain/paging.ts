import { badInput } from './errors.ts';

/** Rows of a page if the arguments say nothing. */
export const PAGE_DEFAULT = 20;
/** Rows of the longest page. */
export const PAGE_MAX = 100;

/** As many rows as are counted: a list of more is known to have more, and not how many. */
export const COUNTED_MAX = 10_000;

/** The arguments of every connection, as Relay's Cursor Connections Specification names them. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** A place between rows: the key that they are ordered by, and the id that tells equal keys apart. */
export interface Position {
  readonly key: string | number;
  readonly id: string;
}

/** A stretch of a list: up to `limit` rows, from its front or, `backward`, from its end. */
export interface PageWindow {
  readonly limit: number;
  readonly backward: boolean;
  readonly after: Position | null;
  readonly before: Position | null;
}

/** Rows with their cursors. */
export interface Page<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** How a list is ordered: the name goes into the cursors, so that one of another order is recognised. */
export interface PageOrder {
  readonly name: string;
  readonly keyType: 'string' | 'number';
}

/** An opaque cursor for a row's place in an order. */
export function encodeCursor(order: PageOrder, position: Position): string {
  return Buffer.from(JSON.stringify([order.name, position.key, position.id])).toString('base64url');
}

/** More than the longest cursor: of a name of 100 characters, at four bytes each. */
const CURSOR_LENGTH = 2048;
/** No key or id of ours has one, and not every database takes them. */
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

/** The position of a cursor of ours. Decoding passes over characters that do not belong there, so it must encode to itself again. */
function decodeCursor(order: PageOrder, cursor: string, path: string): Position {
  const position = parseCursor(order, cursor);
  if (!position || encodeCursor(order, position) !== cursor) {
    throw badInput([path], 'is not a cursor of this list in this order');
  }
  return position;
}

/** The stretch that the arguments ask for. Throws `BAD_USER_INPUT` on too many, on both directions and on foreign cursors. */
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
