import { PosternError, type ScimType } from '../errors.ts';

/** Returns the error of a SCIM request with its `scimType` (RFC 7644, section 3.12): 409 for `uniqueness`, otherwise 400. */
export function scimFailure(scimType: ScimType, message: string): PosternError {
  return new PosternError(scimType === 'uniqueness' ? 'CONFLICT' : 'BAD_REQUEST', { scimType }, message);
}

/** Returns a value as a JSON object. Throws `invalidSyntax`. */
export function requireObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw scimFailure('invalidSyntax', `${what} must be a JSON object.`);
}

/** Returns the values of an object by the lower-case names of its attributes, which are case-insensitive (RFC 7643, section 2.1). */
export function attributesOf(value: unknown, what: string): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(requireObject(value, what)).map(([name, each]) => [name.toLowerCase(), each]),
  );
}
