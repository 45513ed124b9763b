import { describe, expect, test } from 'vitest';
import { isCommonPassword } from '../../src/domain/accounts/common-passwords.ts';

describe('a password is common', () => {
  test.each([
    ['on the list', 'qwertyuiop123'],
    ['on the list, in another case', 'AdministratOR'],
    ['with digits and signs around it', 'Password2026!'],
    ['repeated', 'monkeymonkey'],
    ['repeated and cut', 'passwordpasswordpass'],
    ['one character', 'aaaaaaaaaaaa'],
    ['few characters in turn', 'ab1ab1ab1ab1'],
    ['an ascending sequence', 'abcdefghijkl'],
    ['a descending sequence', 'zyxwvutsrqpo'],
    ['a sequence of digits', '123456789012'],
  ])('%s', (_case, password) => {
    expect(isCommonPassword(password)).toBe(true);
  });
});

describe('a password is not common', () => {
  test.each([
    ['words', 'correct horse battery staple'],
    ['random characters', 'k7q2m9x4t8wz'],
    ['a common word with many random digits', 'monkey84019375'],
    ['a sentence with a common word', 'my password is long'],
    ['repeated words of some length', 'kestrel kestrel'],
    ['letters of another script', 'хорошийпароль42'],
  ])('%s', (_case, password) => {
    expect(isCommonPassword(password)).toBe(false);
  });
});

test('the longest password takes no longer than in proportion to its length', () => {
  const started = performance.now();
  for (const unit of ['1', 'ab', 'password1', 'qwertyuiopasdf']) {
    for (let round = 0; round < 100; round += 1) isCommonPassword(unit.repeat(256).slice(0, 256));
  }
  expect(performance.now() - started).toBeLessThan(2000);
});
