import { dirname } from 'node:path/posix';
import { describe, expect, test } from 'vitest';
import { changedMigrations } from '../scripts/release/migrations.ts';
import { findRoomViolations, ROOMS } from './support/rooms.ts';
import { allFields, isRootField, undescribed } from './support/schema.ts';
import { findCycle, loadedBy, readSources, type SourceFile } from './support/source.ts';

const SOURCES = readSources('src');
const MIGRATIONS = readSources('db/migrations');
const WEB = readSources('web/src');

/** What each part of the house may import besides itself: what lies below. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  platform: ['domain'],
  config: ['domain', 'platform'],
  storage: ['domain', 'platform'],
  services: ['domain', 'platform', 'storage'],
  graphql: ['domain', 'platform', 'services'],
  http: ['domain', 'platform', 'config', 'services', 'graphql'],
  app: ['domain', 'platform', 'config', 'storage', 'services', 'graphql', 'http'],
  server: ['domain', 'platform', 'config', 'storage', 'services', 'graphql', 'http', 'app'],
  main: ['platform', 'config', 'server'],
  cli: ['domain', 'platform', 'config', 'storage', 'services', 'graphql', 'app', 'server'],
};

/** The part of the house that a file belongs to: its folder, or for a file at the top its name. */
function partOf(path: string): string {
  const [, first = ''] = path.split('/');
  return first.replace(/(?:-[a-z]+)?\.ts$/, '');
}

function isIn(file: SourceFile, ...folders: string[]): boolean {
  return folders.some((folder) => file.path.startsWith(folder));
}

/** Each place in which a file says something, for a message that can be clicked. */
function placesOf(files: readonly SourceFile[], words: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (words.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  );
}

/** Which files import a package, in earnest or, where asked, for its types too. */
function importersOf(name: string, typesToo: boolean): SourceFile[] {
  return SOURCES.filter(({ imports }) =>
    imports.some(({ from, isTypeOnly }) => from === name && (typesToo || !isTypeOnly)),
  );
}

describe('the floors', () => {
  test('every file stands in a part of the house that is known', () => {
    expect(SOURCES.filter(({ path }) => !(partOf(path) in MAY_IMPORT)).map(({ path }) => path)).toEqual([]);
  });

  test('imports go down only', () => {
    const upward = SOURCES.flatMap(({ path, imports }) => {
      const part = partOf(path);
      return imports
        .filter(({ from, isOurs }) => isOurs && from.startsWith('src/'))
        .filter(({ from }) => partOf(from) !== part && !MAY_IMPORT[part]?.includes(partOf(from)))
        .map(({ from }) => `${path} imports ${from}`);
    });
    expect(upward).toEqual([]);
  });

  test('no file imports itself by way of others', () => {
    expect(findCycle([...SOURCES, ...MIGRATIONS])).toBeNull();
  });

  test('the domain knows no GraphQL, no SQL, no clock, no randomness: of all packages, only what computes', () => {
    const domain = SOURCES.filter((file) => isIn(file, 'src/domain/'));
    const packages = domain.flatMap(({ imports }) =>
      imports.filter(({ isOurs }) => !isOurs).map(({ from }) => from),
    );
    expect([...new Set(packages)].sort()).toEqual(['@zxcvbn-ts/language-common', 'ipaddr.js', 'node:zlib']);
  });

  test('the schema loads without configuration, database, clock or randomness', () => {
    const loaded = [...loadedBy(SOURCES, 'src/graphql/schema.ts')];
    const outside =
      /^(?:better-sqlite3|node:fs|src\/(?:config|app|main|storage\/(?:open|sqlite\/connection|postgres\/connection|migrations))\b.*)$/;
    expect(loaded.filter((name) => outside.test(name))).toEqual([]);
    expect(loaded).toContain('src/domain/requirement.ts');
  });

  test('migrations import Kysely and each other, and nothing else', () => {
    const imported = MIGRATIONS.flatMap(({ imports }) => imports.map(({ from }) => from));
    const others = imported.filter((from) => !from.startsWith('db/migrations/'));
    expect(MIGRATIONS.length).toBeGreaterThan(0);
    expect([...new Set(others)]).toEqual(['kysely']);
  });

  test('a released migration never changes', () => {
    expect(changedMigrations('.')).toEqual([]);
  });
});

describe('the rooms', () => {
  test.each(Object.entries(ROOMS))('of %s import only the rooms below them', (floor, rooms) => {
    expect(findRoomViolations([...SOURCES, ...WEB], floor, rooms)).toEqual([]);
  });

  test('the check reports an import that no room lists, and a file in no room', () => {
    const importing = (path: string, from: string): SourceFile => ({
      path,
      text: '',
      imports: [{ from, isOurs: true, isTypeOnly: true }],
    });
    const files = [
      importing('src/storage/query/paging.ts', 'src/storage/repositories/tokens.ts'),
      importing('src/storage/repositories/tokens.ts', 'src/storage/query/paging.ts'),
      importing('src/storage/mysql/connection.ts', 'src/domain/roles.ts'),
    ];
    expect(findRoomViolations(files, 'src/storage', ROOMS['src/storage'] ?? {})).toEqual([
      'src/storage/query/paging.ts imports src/storage/repositories/tokens.ts',
      'src/storage/mysql/connection.ts is in no room',
    ]);
  });

  test('hold 25 files at most', () => {
    const folders = [...SOURCES, ...WEB].map(({ path }) => dirname(path));
    const isFull = (folder: string) => folders.filter((other) => other === folder).length > 25;
    expect([...new Set(folders)].filter(isFull)).toEqual([]);
  });
});

describe('each thing has its one place', () => {
  test('GraphQL errors are made at the edges alone', () => {
    const inside = SOURCES.filter(
      (file) => !isIn(file, 'src/http/', 'src/graphql/errors.ts', 'src/graphql/schema/scalars.ts'),
    );
    expect(placesOf(inside, /\bGraphQLError\b/)).toEqual([]);
  });

  test('clients meet one class of errors, the operator the other three', () => {
    const classes = placesOf(SOURCES, /\bclass \w+ extends \w*Error\b/).map((place) => place.split(':')[0]);
    expect(classes).toEqual([
      'src/cli/command.ts',
      'src/config.ts',
      'src/domain/errors.ts',
      'src/platform/operator-error.ts',
    ]);
  });

  test('the environment is read by the configuration alone', () => {
    const others = SOURCES.filter(({ path }) => path !== 'src/config-environment.ts');
    // What a library reads when it is loaded has to be set before, by a file that does nothing else.
    expect(placesOf(others, /\bprocess\.env\b|\bloadEnvFile\b/)).toEqual([
      "src/platform/node-env.ts:3 process.env.NODE_ENV ??= 'production';",
    ]);
  });

  test('time and randomness come from the platform alone', () => {
    const others = SOURCES.filter((file) => !isIn(file, 'src/platform/'));
    const sources =
      /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bMath\.random\b|\brandom(?:Bytes|Int|UUID)\b/;
    expect(placesOf(others, sources)).toEqual([]);
    expect(importersOf('uuid', true).every((file) => isIn(file, 'src/platform/'))).toBe(true);
  });

  test('SQL is spoken in storage alone; services hold no more than the types', () => {
    const speakers = [...importersOf('kysely', false), ...importersOf('better-sqlite3', true)];
    expect(speakers.filter((file) => !isIn(file, 'src/storage/')).map(({ path }) => path)).toEqual([]);
  });

  test('logs are written through the logger: nothing prints but the command line and the process itself', () => {
    const others = SOURCES.filter((file) => !isIn(file, 'src/cli/', 'src/main.ts'));
    expect(placesOf(others, /\bconsole\.\w+\(|\bprocess\.std(?:out|err)\b/)).toEqual([]);
  });

  test('nothing is exported by default, passed on in bulk, or kept as loose end', () => {
    expect(
      placesOf(SOURCES, /^export default\b|^export \*|\bTODO\b|\bFIXME\b|@ts-ignore|@ts-nocheck/),
    ).toEqual([]);
  });
});

describe('the schema', () => {
  test('lets no field at a root go undeclared: each says what it needs, in data and in words', () => {
    const roots = allFields().filter(isRootField);
    expect(roots.filter(({ requires }) => !requires).map(({ path }) => path)).toEqual([]);
    expect(
      roots.filter(({ field }) => !/\bRequires\b/.test(field.description ?? '')).map(({ path }) => path),
    ).toEqual([]);
  });

  test('describes every type, field, argument, input and enum value', () => {
    expect(undescribed()).toEqual([]);
  });

  test('carries a secret in the replies of the calls that made it, and nowhere else', () => {
    const telling = allFields().filter(
      (field) => !isRootField(field) && /secret|password|digest|sessionToken/i.test(field.name),
    );
    expect(telling.map(({ path }) => path).sort()).toEqual([
      'ChangePasswordPayload.sessionToken',
      'CreateTokenPayload.secret',
      'CreateWorkspaceTokenPayload.secret',
      'InviteMemberPayload.invitationSecret',
      'RegenerateTokenPayload.secret',
      // Who signs in with one.
      'SignInOptions.passwords',
      'SignInPayload.sessionToken',
      'SignInWithLinkPayload.sessionToken',
      'Token.maskedSecret',
      // Whether there is one.
      'User.hasPassword',
    ]);
  });
});
