import { attributesOf, requireObject, scimFailure } from './failure.ts';
import { withoutUrn } from './filter.ts';

/** The most operations in one `PATCH`. */
const OPERATIONS_MAX = 100;
const PATH_CHARACTERS = 1000;

/** The attribute that an operation concerns (RFC 7644, section 3.5.2). */
export interface PatchPath {
  /** In lower case, without the URN of a core schema. */
  readonly attribute: string;
  /** The text between brackets, which selects values of an attribute; `null` without brackets. */
  readonly filter: string | null;
  /** In lower case; `null` if the path names the whole attribute. */
  readonly subAttribute: string | null;
}

/** A change of one attribute. */
export interface PatchOperation {
  readonly op: 'add' | 'replace' | 'remove';
  readonly path: PatchPath;
  /** `undefined` if the operation has none. */
  readonly value: unknown;
}

/** An attribute, which can contain a URN with dots, a filter, and a sub-attribute. */
const PATH = /^((?:urn:[\w.:-]+:)?[\w$-]+)(?:\[([^[\]]*)\])?(?:\.([\w$-]+))?$/i;

function parsePath(text: string): PatchPath {
  const match = text.length > PATH_CHARACTERS ? null : PATH.exec(withoutUrn(text.trim()));
  if (!match) throw scimFailure('invalidPath', 'A path cannot be parsed.');
  const [, attribute = '', filter, subAttribute] = match;
  return {
    attribute: attribute.toLowerCase(),
    filter: filter ?? null,
    subAttribute: subAttribute?.toLowerCase() ?? null,
  };
}

function toOp(value: unknown): PatchOperation['op'] {
  // Entra ID writes Add, Replace and Remove.
  const op = typeof value === 'string' ? value.toLowerCase() : '';
  if (op === 'add' || op === 'replace' || op === 'remove') return op;
  throw scimFailure('invalidSyntax', 'op must be add, replace or remove.');
}

/** Returns the operations of one entry: one for each attribute of its value if it has no path. */
function operationsIn(entry: unknown): PatchOperation[] {
  const attributes = attributesOf(entry, 'An operation');
  const op = toOp(attributes.get('op'));
  const path = attributes.get('path');
  const value = attributes.get('value');
  if (path !== undefined && path !== null && typeof path !== 'string') {
    throw scimFailure('invalidPath', 'A path must be a text.');
  }
  if (path) return [{ op, path: parsePath(path), value }];
  if (op === 'remove') throw scimFailure('noTarget', 'An operation that removes something needs a path.');
  return Object.entries(requireObject(value, 'The value of an operation without a path')).map(
    ([name, each]) => ({ op, path: parsePath(name), value: each }),
  );
}

/** Parses the body of a `PATCH` of up to 100 operations. Throws `invalidSyntax`, `invalidPath`, `invalidValue` or `noTarget`. */
export function parsePatch(body: unknown): PatchOperation[] {
  const entries = attributesOf(body, 'The body').get('operations');
  if (!Array.isArray(entries) || entries.length === 0) {
    throw scimFailure('invalidSyntax', 'Operations must be a list that is not empty.');
  }
  const tooMany = () => scimFailure('invalidValue', `A request has at most ${OPERATIONS_MAX} operations.`);
  if (entries.length > OPERATIONS_MAX) throw tooMany();
  const operations = entries.flatMap(operationsIn);
  if (operations.length > OPERATIONS_MAX) throw tooMany();
  return operations;
}
