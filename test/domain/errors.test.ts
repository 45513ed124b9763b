import { describe, expect, test } from 'vitest';
import { badInput, ERRORS, failure, forbidden, inputCheck, PosternError } from '../../src/domain/errors.ts';
import { badPathsOf, refusalOf } from '../support/refusal.ts';

/** Code, status and challenge of each error that is returned before execution. */
const BEFORE_EXECUTION = [
  ['INVALID_AUTH_HEADER', 400, 'invalid_request'],
  ['INVALID_AUTH_SCHEME', 401, 'invalid_request'],
  ['INVALID_TOKEN', 401, 'invalid_token'],
  ['TOKEN_EXPIRED', 401, 'invalid_token'],
  ['TOKEN_REVOKED', 401, 'invalid_token'],
  ['TOKEN_DISABLED', 401, 'invalid_token'],
  ['TOKEN_USED_UP', 401, 'invalid_token'],
  ['ADDRESS_NOT_ALLOWED', 403, 'insufficient_scope'],
  ['TOKEN_NO_ACCESS', 403, 'insufficient_scope'],
  ['INVALID_SESSION', 401, 'invalid_token'],
  ['BAD_REQUEST', 400, undefined],
  ['PERSISTED_QUERY_NOT_SUPPORTED', 200, undefined],
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

const AT_A_FIELD = [
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
  test.each(BEFORE_EXECUTION)('gives %s the status %i and the challenge %s', (code, status, challenge) => {
    expect(ERRORS[code]).toMatchObject({ status, ...(challenge && { challenge }) });
    expect('challenge' in ERRORS[code]).toBe(challenge !== undefined);
  });

  test('has exactly the codes of the design', () => {
    const codes = [...BEFORE_EXECUTION.map(([code]) => code), ...AT_A_FIELD];
    expect(Object.keys(ERRORS).sort()).toEqual(codes.sort());
  });

  test('has a different readable sentence for each code', () => {
    const { PERSISTED_QUERY_NOT_SUPPORTED: forClients, ...others } = ERRORS;
    expect(forClients.message).toBe('PersistedQueryNotSupported');
    const messages = Object.values(others).map(({ message }) => message);
    expect(messages.filter((message) => !/^[A-Z].+\.$/.test(message))).toEqual([]);
    expect(new Set(messages).size).toBe(messages.length);
  });
});

describe('an error', () => {
  test('has its code and the message of the table by default, and no details', () => {
    expect(failure('NOT_FOUND')).toMatchObject({ code: 'NOT_FOUND', message: 'Not found.', detail: {} });
    expect(failure('CONFLICT', 'The token is revoked.').message).toBe('The token is revoked.');
  });

  test('of authorization has the reason, and the requirement that would be sufficient', () => {
    expect(forbidden('ROLE_GATED')).toMatchObject({ code: 'FORBIDDEN', detail: { reason: 'ROLE_GATED' } });
    const detail = { reason: 'ROLE_REQUIRED', required: { role: 'OWNER' } };
    expect(forbidden('ROLE_REQUIRED', { role: 'OWNER' }).detail).toEqual(detail);
  });

  test('of input has the path of the invalid value', () => {
    expect(badInput(['input', 'name'], 'is empty').detail.issues).toEqual([
      { path: ['input', 'name'], message: 'is empty' },
    ]);
  });
});

describe('a check of several values', () => {
  test('reports all invalid values together', () => {
    const check = inputCheck();
    const valid = check.try(() => 'valid');
    const invalid = ['a', 'b'].map((path) =>
      check.try(() => {
        throw badInput([path], 'is invalid');
      }),
    );
    expect([valid, ...invalid]).toEqual(['valid', undefined, undefined]);
    expect(badPathsOf(() => check.finish())).toEqual(['a', 'b']);
  });

  test('throws nothing if all values are valid', () => {
    expect(refusalOf(() => inputCheck().finish())).toBeNull();
  });

  test('throws every other error immediately', () => {
    const check = inputCheck();
    expect(() =>
      check.try(() => {
        throw failure('NOT_FOUND');
      }),
    ).toThrow(PosternError);
    expect(() =>
      check.try(() => {
        throw new TypeError('a bug');
      }),
    ).toThrow(TypeError);
  });
});
