import { badInput, type InputIssue } from '../errors.ts';

/** The largest JSON value that is accepted: bytes in UTF-8, and levels of arrays and objects. */
export interface JsonBounds {
  readonly bytes: number;
  readonly levels: number;
}

/**
 * Returns a value as JSON. Throws `BAD_USER_INPUT` if it is outside its bounds.
 * The levels are counted without recursion and first, because a serialiser overflows its stack on a value that is deep enough.
 */
export function serialiseJson(value: unknown, path: InputIssue['path'], bounds: JsonBounds): string {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    // Numbers that JSON can spell but not a double, such as 1e999, would come back as null.
    if (level.some((each) => typeof each === 'number' && !Number.isFinite(each))) {
      throw badInput(path, 'must not contain numbers beyond the range of a double');
    }
    const nested = level.filter((each) => typeof each === 'object' && each !== null);
    if (depth === bounds.levels && nested.length > 0) {
      throw badInput(path, `must be at most ${bounds.levels} levels deep`);
    }
    level = nested.flatMap((each) => Object.values(each as object));
  }
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > bounds.bytes) {
    throw badInput(path, `must be at most ${bounds.bytes} bytes of JSON`);
  }
  return text;
}
