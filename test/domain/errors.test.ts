import { describe, expect, test } from 'vitest';
import { badInput, ERRORS, failure, forbidden, inputCheck, PosternError } from '../../src/domain/errors.ts';
import { badPathsOf, refusalOf } from '../support/refusal.ts';

/** Code, status and challenge of everything that is refused before execution. */
const REFUSED_WHOLE = [
  ['INVALID_AUTH_HEADER', 400, 'invalid_request'],
  ['INVALID_AUTH_SCHEME', 401, 'invalid_request'],
  ['INVALID_TOKEN', 401, 'invalid_token'],
  ['TOKEN_EXPIRED', 401, 'invalid_token'],
  ['TOKEN_REVOKED', 401, 'invalid_token'],
  ['TOKEN_DISABLED', 401, 'invalid_token'],
  ['TOKEN_NO_ACCESS', 403, 'insufficient_scope'],
  ['INVALID_SESSION', 401, 'invalid_token'],
  ['BAD_REQUEST', 400, undefined],
  ['QUERY_TOO_COMPLEX', 400, undefined],
  ['GRAPHQL_PARSE_FAILED', 400, undefined],
  ['GRAPHQL_VALIDATION_FAILED', 400, undefined],
  ['BAD_VARIABLES', 400, undefined],
  ['CSRF_REJECTED', 403, undefined],
  ['USER_CHANGED', 409, undefined],
  ['PAYLOAD_TOO_LARGE', 413, undefined],
  ['UNSUPPORTED_MEDIA_TYPE', 415, undefined],
  ['NOT_ACCEPTABLE', 406, undefined],
  ['RATE_LIMITED', 429, undefined],
  ['UNAVAILABLE', 503, undefined],
] as const;

const REFUSED_AT_A_FIELD = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'LIMIT_REACHED',
  'INVALID_CREDENTIALS',
  'TOO_MANY_ATTEMPTS',
  'INTERNAL_SERVER_ERROR',
];

describe('the table of errors', () => {
  test.each(REFUSED_WHOLE)('answers %s with %i and the challenge %s', (code, status, challenge) => {
    expect(ERRORS[code]).toMatchObject({ status, ...(challenge && { challenge }) });
    expect('challenge' in ERRORS[code]).toBe(challenge !== undefined);
  });

  test('has the codes of the design and no other', () => {
    const codes = [...REFUSED_WHOLE.map(([code]) => code), ...REFUSED_AT_A_FIELD];
    expect(Object.keys(ERRORS).sort()).toEqual(codes.sort());
  });

  test('has a sentence for people on each, and none twice', () => {
    const messages = Object.values(ERRORS).map(({ message }) => message);
    expect(messages.filter((message) => !/^[A-Z].+\.$/.test(message))).toEqual([]);
    expect(new Set(messages).size).toBe(messages.length);
  });
});

describe('an error', () => {
  test('carries its code, the text of the table and nothing else', () => {
    expect(failure('NOT_FOUND')).toMatchObject({ code: 'NOT_FOUND', message: 'Not found.', detail: {} });
    expect(failure('CONFLICT', 'The token is revoked.').message).toBe('The token is revoked.');
  });

  test('of authority says why, and what would be enough', () => {
    expect(forbidden('ROLE_GATED')).toMatchObject({ code: 'FORBIDDEN', detail: { reason: 'ROLE_GATED' } });
    const detail = { reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } };
    expect(forbidden('ROLE_REQUIRED', { role: 'OWNER' }).detail).toEqual(detail);
  });

  test('of input says where', () => {
    expect(badInput(['input', 'name'], 'is empty').detail.issues).toEqual([
      { path: ['input', 'name'], message: 'is empty' },
    ]);
  });
});

describe('checking several values', () => {
  test('tells of every bad one at once', () => {
    const check = inputCheck();
    const good = check.try(() => 'good');
    const bad = ['a', 'b'].map((path) =>
      check.try(() => {
        throw badInput([path], 'is bad');
      }),
    );
    expect([good, ...bad]).toEqual(['good', undefined, undefined]);
    expect(badPathsOf(() => check.finish())).toEqual(['a', 'b']);
  });

  test('says nothing where all are good', () => {
    expect(refusalOf(() => inputCheck().finish())).toBeNull();
  });

  test('lets every other error pass', () => {
    const check = inputCheck();
    expect(() =>
      check.try(() => {
        throw failure('NOT_FOUND');
      }),
    ).toThrow(PosternError);
    expect(() =>
      check.try(() => {
        throw new TypeError('ours');
      }),
    ).toThrow(TypeError);
  });
});
