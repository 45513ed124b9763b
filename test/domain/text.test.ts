import { describe, expect, test } from 'vitest';
import { parsePassword } from '../../src/domain/accounts/passwords.ts';
import { foldCase, parseDescription, parseEmail, parseName, slugOf, toName } from '../../src/domain/text.ts';
import { badPathsOf } from '../support/refusal.ts';

/** Control, bidi-override and zero-width characters, fillers, line and paragraph separators, a tag, a lone surrogate. */
const HIDDEN = [
  0x00, 0x07, 0x1b, 0x7f, 0x85, 0x9f, 0x061c, 0x180e, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029,
  0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2066, 0x2067, 0x2068, 0x2069, 0xd800, 0xfeff, 0xad,
  0x034f, 0x115f, 0x1160, 0x17b4, 0x3164, 0xffa0, 0xe0041,
].map((code) => String.fromCodePoint(code));

describe('a name', () => {
  test.each([
    ['deploy', 'deploy'],
    ['  deploy  ', 'deploy'],
    ['Cafe\u0301', 'Caf\u00e9'],
    ['日本語 и العربية', '日本語 и العربية'],
    ['{"a":1}', '{"a":1}'],
    ['\u2764\ufe0f', '\u2764\ufe0f'],
    ["'; drop table tokens; --", "'; drop table tokens; --"],
    ['x'.repeat(100), 'x'.repeat(100)],
    ['🏰'.repeat(100), '🏰'.repeat(100)],
    ['e\u0301'.repeat(100), '\u00e9'.repeat(100)],
  ])('%j is parsed as %j', (text, name) => {
    expect(parseName(text, ['input', 'name'])).toBe(name);
  });

  test.each(['', '   ', '\t\n', 'x'.repeat(101), '🏰'.repeat(101)])('cannot be %j', (text) => {
    expect(badPathsOf(() => parseName(text, ['input', 'name']))).toEqual(['input.name']);
  });

  test('cannot have an invisible or bidirectional character', () => {
    const accepted = HIDDEN.filter((character) => !badPathsOf(() => parseName(`a${character}b`, ['name'])));
    expect(accepted).toEqual([]);
  });

  test('cannot have line breaks', () => {
    expect(badPathsOf(() => parseName('a\nb', ['name']))).toEqual(['name']);
  });
});

describe('a description', () => {
  test.each([
    [undefined, null],
    [null, null],
    ['', null],
    ['  \n ', null],
    [' for the\nnightly build ', 'for the\nnightly build'],
    ['from\r\nWindows', 'from\r\nWindows'],
    ['🏰'.repeat(500), '🏰'.repeat(500)],
  ])('%j is parsed as %j', (text, description) => {
    expect(parseDescription(text, ['description'])).toBe(description);
  });

  test('has at most 500 characters', () => {
    expect(badPathsOf(() => parseDescription('x'.repeat(501), ['description']))).toEqual(['description']);
  });

  test('can have line breaks, but no other control or invisible character', () => {
    const hidden = [...HIDDEN, '\t', '\v'];
    const accepted = hidden.filter((character) => !badPathsOf(() => parseDescription(`a${character}b`, [])));
    expect(accepted).toEqual([]);
  });
});

describe('an email address', () => {
  test.each([
    ['Ada@Example.COM', 'ada@example.com'],
    [' ada@example.com ', 'ada@example.com'],
    ['owner@localhost', 'owner@localhost'],
    [`${'a'.repeat(242)}@example.com`, `${'a'.repeat(242)}@example.com`],
  ])('%j is parsed as %j', (text, email) => {
    expect(parseEmail(text, ['email'])).toBe(email);
  });

  test.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'a b@example.com',
    'a@b@c',
    'ada@example.com\u200b',
    'a\u0000@example.com',
    // The scalar of the API rejects these, so no one could sign in with them.
    'JOSE\u0301@example.com',
    'jos\u00e9@example.com',
    'ada@-example.com',
    'ada@example..com',
    `${'a'.repeat(243)}@example.com`,
  ])('cannot be %j', (text) => {
    expect(badPathsOf(() => parseEmail(text, ['email']))).toEqual(['email']);
  });
});

describe('a password', () => {
  test.each([12, 256])('can have %i characters', (length) => {
    const password = '🔑🗝🔒🔓🔏🔐🚪🏰'.repeat(33).slice(0, 2 * length);
    expect(parsePassword(password, [])).toBe(password);
  });

  test('cannot be a common one', () => {
    expect(badPathsOf(() => parsePassword('Password1234', ['password']))).toEqual(['password']);
  });

  test.each([0, 11, 257])('cannot have %i characters', (length) => {
    expect(badPathsOf(() => parsePassword('x'.repeat(length), ['password']))).toEqual(['password']);
  });

  test('has as many characters as its composed form', () => {
    const letters = 'éàüöñçêîôûëï'.normalize('NFD');
    expect(parsePassword(letters, ['password'])).toBe(letters);
    expect(badPathsOf(() => parsePassword(letters.slice(0, -2), ['password']))).toEqual(['password']);
  });

  test('is not changed, not even leading or trailing blanks', () => {
    expect(parsePassword('  e\u0301 0123456789 ', [])).toBe('  e\u0301 0123456789 ');
  });
});

test('foldCase returns the same text for every case and composition', () => {
  expect(foldCase('ÉCOLE')).toBe(foldCase('e\u0301cole'));
});

test.each([
  ['Main', 'main'],
  ['Acme Corp. (Berlin)', 'acme-corp-berlin'],
  ['Äpfel & Öl', 'apfel-ol'],
  ['--x--', 'x'],
  ['日本語', 'workspace'],
  [`${'a'.repeat(39)} b`, 'a'.repeat(39)],
])('the slug of %j is %j', (name, slug) => {
  expect(slugOf(name)).toBe(slug);
});

describe('a joiner', () => {
  test.each([
    ['in a family', '\u{1F468}\u200d\u{1F469}\u200d\u{1F467} Home'],
    ['in a flag with a variation selector', '\u{1F3F3}\ufe0f\u200d\u{1F308}'],
    ['after a skin tone', '\u{1F469}\u{1F3FD}\u200d\u{1F4BB}'],
    ['in Persian', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
    ['in Hindi', '\u0915\u094d\u200d\u0937'],
    ['in Sinhala', '\u0dc1\u0dca\u200d\u0dbb\u0dd3'],
    ['at the end of a Malayalam word', '\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d'],
    ['before a space in Bengali', '\u09b9\u09a0\u09be\u09ce \u09a4\u09cd\u200d x'],
  ])('that is visible %s is part of a name', (_, name) => {
    expect(parseName(name, ['name'])).toBe(name.normalize('NFC'));
    expect(parseDescription(name, ['description'])).toBe(name.normalize('NFC'));
  });

  test.each([
    'a\u200db',
    'a\u200cb',
    '\u200d\u{1F468}',
    '\u{1F468}\u200d',
    '\u{1F468}\u200da',
    '\u0645\u200c',
    '\u0645\u200ca',
    '\u0645\u200c\u200c\u062e',
    '\u0915\u094d\u200d\u200d',
    '\u0915\u200d',
  ])('that is hidden is refused: %j', (name) => {
    expect(badPathsOf(() => parseName(name, ['name']))).toEqual(['name']);
  });

  test('that another system wrote stays in a name if it is visible', () => {
    const persian = '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645';
    expect(toName(`${persian}\u200b\u202e`, '')).toBe(persian);
    expect(toName('a\u200db', '')).toBe('a b');
    const family = '\u{1F468}\u200d\u{1F469}';
    expect(toName(`${'x'.repeat(97)}${family}`, '')).toBe(`${'x'.repeat(97)}${family}`);
    expect(toName(`${'x'.repeat(98)}${family}`, '')).toBe(`${'x'.repeat(98)}\u{1F468}`);
  });
});

describe('a password', () => {
  const owner = { email: 'ada.lovelace@example.com', name: 'Ada L\u00f3pez' };
  test.each([
    'ada.lovelace@example.com',
    'Ada.Lovelace@Example.com1!',
    'adalovelace2026',
    'ADA LO\u0301PEZ 123',
    'example.com!!!!',
  ])('that is hardly more than the email or the name of its user is refused: %s', (password) => {
    expect(parsePassword(password, ['password'])).toBe(password);
    expect(badPathsOf(() => parsePassword(password, ['password'], owner))).toEqual(['password']);
  });

  test.each(['correct horse battery staple', 'ada.lovelace and more', '!?#%&/()=+*~'])(
    'that has more than that is accepted: %s',
    (password) => {
      expect(parsePassword(password, ['password'], owner)).toBe(password);
      expect(parsePassword(password, ['password'], { email: owner.email, name: '' })).toBe(password);
    },
  );
});
