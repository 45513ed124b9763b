import { describe, expect, test } from 'vitest';
import * as passwords from '../../src/domain/accounts/passwords.ts';
import * as duration from '../../src/domain/duration.ts';
import * as entityType from '../../src/domain/entity-type.ts';
import * as claims from '../../src/domain/federation/claims.ts';
import * as globalId from '../../src/domain/global-id.ts';
import * as paging from '../../src/domain/paging.ts';
import * as secret from '../../src/domain/secret.ts';
import * as text from '../../src/domain/text.ts';
import * as network from '../../src/platform/network.ts';
import { badPathsOf } from '../support/refusal.ts';

const LENGTH = 128 * 1024;
const ORDER = { name: 'NAME_ASC', keyType: 'string' } as const;
const PATH = ['value'];

/** Returns a text of 128 KiB that is valid after trimming, so that only a parser that checks the length first rejects it. */
function padded(valid: string): string {
  return valid.padEnd(LENGTH, ' ');
}

const rejects = (parse: (input: string) => unknown) => (input: string) =>
  badPathsOf(() => parse(input)) !== null;

/** Every function that reads a text from a caller: whether it rejects a text, a valid text, and the same text in 128 KiB. */
const PARSERS: Record<string, [rejected: (input: string) => boolean, valid: string, long: string]> = {
  parseName: [rejects((input) => text.parseName(input, PATH)), 'deploy', padded('deploy')],
  parseSubject: [rejects((input) => text.parseSubject(input, PATH)), 'acme', padded('acme')],
  parseDescription: [rejects((input) => text.parseDescription(input, PATH)), 'deploy', padded('deploy')],
  parseSearch: [rejects((input) => text.parseSearch(input, PATH)), 'deploy', padded('deploy')],
  parseEmail: [
    rejects((input) => text.parseEmail(input, PATH)),
    'ada@example.com',
    padded('ada@example.com'),
  ],
  parsePassword: [
    rejects((input) => passwords.parsePassword(input, PATH)),
    'k9-vermeer-oak',
    'x'.repeat(LENGTH),
  ],
  parseDuration: [rejects((input) => duration.parseDuration(input, PATH)), 'P30D', padded('P30D')],
  isEntityPattern: [(input) => !entityType.isEntityPattern(input), 'acme/*', `${'x'.repeat(LENGTH)}/*`],
  isEntityType: [(input) => !entityType.isEntityType(input), 'repository', 'r'.repeat(LENGTH)],
  isEntityId: [(input) => !entityType.isEntityId(input), 'a/b', 'r'.repeat(LENGTH)],
  parseClaimRules: [
    rejects((input) => claims.parseClaimRules([{ name: 'sub', value: input }], PATH)),
    'repo:acme/app',
    padded('repo:acme/app'),
  ],
  parseGlobalId: [
    (input) => globalId.parseGlobalId(input) === null,
    `tok_${'0'.repeat(32)}`,
    `tok_${'0'.repeat(LENGTH)}`,
  ],
  decodeGlobalId: [
    (input) => globalId.decodeGlobalId('Token', input) === globalId.NIL_UUID,
    `tok_${'1'.repeat(32)}`,
    `tok_${'1'.repeat(LENGTH)}`,
  ],
  kindOfSecret: [
    (input) => secret.kindOfSecret(input) === null,
    secret.composeSecret('PERSONAL', new Uint8Array(32)),
    padded(secret.composeSecret('PERSONAL', new Uint8Array(32))),
  ],
  parsePage: [
    rejects((after) => paging.parsePage({ after }, ORDER)),
    paging.encodeCursor(ORDER, { key: 'deploy', id: 'a' }),
    paging.encodeCursor(ORDER, { key: 'x'.repeat(LENGTH), id: 'a' }),
  ],
};

/** Functions that read no text from a caller, or only text of a limited length. */
const EXEMPT = [
  // Texts that a parser of the table has accepted.
  ...['foldCase', 'slugOf', 'encodeCursor', 'toGlobalId'],
  // Cuts a text before it reads it.
  'toName',
  // Names that the schema has accepted, at most 64.
  'inOrder',
  // An IP address, which `isIP` has accepted.
  'networkOf',
  // Claims of a JSON Web Token, whose length is limited.
  'fulfilsAll',
  // A setting of the operator.
  'allowsPassword',
  // Numbers and bytes that Postern generates.
  ...['formatDuration', 'composeSecret', 'toBase62', 'previewPart'],
  // A line that is cut before, or a part of a scope parameter of at most 8 KiB, in linear time.
  'hasHiddenCharacters',
  // Files of any length, and messages and headers of at most 128 KiB, in linear time.
  ...['findSecrets', 'withoutSecrets'],
];

describe('a text is rejected for its length before it is read', () => {
  test.each(Object.entries(PARSERS))('by %s', (_name, [rejected, valid, long]) => {
    expect([rejected(valid), rejected(long)]).toEqual([false, true]);
  });

  test('by every function of these modules that reads one', () => {
    const modules = [claims, duration, entityType, globalId, network, paging, passwords, secret, text];
    const functions = modules.flatMap((module) =>
      Object.entries(module).flatMap(([name, value]) => (typeof value === 'function' ? [name] : [])),
    );
    expect(functions.sort()).toEqual([...Object.keys(PARSERS), ...EXEMPT].sort());
  });
});

describe('a text that is slow to normalise', () => {
  const marks = (count: number) => `a${'\u0301\u0323'.repeat(count / 2)}`;

  test.each([
    ['name', (input: string) => text.parseName(input, PATH)],
    ['description', (input: string) => text.parseDescription(input, PATH)],
  ])('with more than 30 combining marks in a row is rejected as a %s', (_what, parse) => {
    expect([badPathsOf(() => parse(marks(30))), badPathsOf(() => parse(marks(32)))]).toEqual([
      null,
      ['value'],
    ]);
  });

  test('is accepted if it is a valid text in its longest decomposed form', () => {
    const decomposed = '\u03b1\u0313\u0301\u0345';
    expect(text.parseName(decomposed.repeat(100), PATH)).toBe('\u1f84'.repeat(100));
    expect(text.parseDescription(decomposed.repeat(500), PATH)).toBe('\u1f84'.repeat(500));
  });
});
