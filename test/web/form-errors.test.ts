import { CombinedError } from 'urql';
import { expect, test } from 'vitest';
import { failure, PosternError } from '../../src/domain/errors.ts';
import { describeFormError } from '../../web/src/api/form-errors.ts';

/** The error that the console gets for errors of the server. */
function received(...errors: PosternError[]): CombinedError {
  return new CombinedError({
    graphQLErrors: errors.map(({ message, code, detail }) => ({ message, extensions: { code, ...detail } })),
  });
}

function rejected(...issues: [path: (string | number)[], message: string][]): PosternError {
  return new PosternError('BAD_USER_INPUT', {
    issues: issues.map(([path, message]) => ({ path, message })),
  });
}

test('an issue goes to the field that its path names', () => {
  const error = received(rejected([['input', 'name'], 'must have 1 to 100 characters']));
  expect(describeFormError(error, ['name', 'description'])).toEqual({
    problem: null,
    errors: { name: 'This must have 1 to 100 characters.' },
  });
});

test('an issue of a nested value goes to the most specific field', () => {
  const error = received(
    rejected(
      [['input', 'expires', 'at'], 'must be in the future'],
      [['input', 'scopes', 1, 'entityId'], 'is not an entity that the owner can see'],
      [['input', 'scopes', 0], 'a personal token is in no workspace'],
    ),
  );
  expect(describeFormError(error, ['expires', 'scopes', 'scopes.1.entityId'])).toEqual({
    problem: null,
    errors: {
      expires: 'This must be in the future.',
      'scopes.1.entityId': 'This is not an entity that the owner can see.',
      scopes: 'A personal token is in no workspace.',
    },
  });
});

test('an issue without a field goes to the summary, with the name of its value', () => {
  const error = received(
    rejected(
      [['input', 'maxLifetime'], 'must be at most P1000Y'],
      [['input', 'name'], 'must have 1 to 100 characters'],
    ),
  );
  expect(describeFormError(error, ['name'])).toEqual({
    problem: 'Max lifetime must be at most P1000Y.',
    errors: { name: 'This must have 1 to 100 characters.' },
  });
});

test('a limit, a conflict and a specific refusal keep the text of the server', () => {
  for (const [code, text] of [
    ['LIMIT_REACHED', 'A user can have at most 100 tokens. Delete some first.'],
    ['CONFLICT', 'The token is revoked: regenerate it first.'],
    ['FORBIDDEN', 'Only the operator creates accounts here.'],
  ] as const) {
    expect(describeFormError(received(failure(code, text)), []).problem).toBe(text);
  }
});

test('a wrong password or invitation is marked at its field, in a form that has that field', () => {
  const password = received(failure('INVALID_CREDENTIALS'));
  expect(describeFormError(password, ['currentPassword', 'newPassword'])).toEqual({
    problem: null,
    errors: { currentPassword: 'This password is incorrect.' },
  });
  expect(describeFormError(password, []).problem).toBe('The email or password is incorrect.');
  expect(describeFormError(received(failure('NOT_FOUND')), ['invitation']).errors.invitation).toMatch(
    /^This invitation isn't valid/,
  );
});

test('a request without a response says that the server cannot be reached', () => {
  const error = new CombinedError({ networkError: new Error('down') });
  expect(describeFormError(error, ['name']).problem).toBe(
    "The server can't be reached. Check your connection.",
  );
});
