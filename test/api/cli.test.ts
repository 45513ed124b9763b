import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { openSqliteDatabase } from '../../src/storage/open.ts';
import { call, postern } from '../support/cli.ts';
import { writeTestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/folder.ts';

/** Returns the environment of a new, empty database. */
function emptyDatabase(): { env: { DATABASE_URL: string } } {
  const file = join(temporaryFolder(), 'postern.db');
  writeTestDatabase(file);
  return { env: { DATABASE_URL: `file:${file}` } };
}

describe('help', () => {
  test.each(['--help', '-h', 'help'])('%s lists every command', async (word) => {
    const { code, stdout } = await call(word);
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS)
      expect(stdout).toMatch(new RegExp(`^ {2}${name} +${summary}$`, 'm'));
  });

  test('a group lists its commands and no others', async () => {
    const { code, stdout } = await call('user --help');
    expect(code).toBe(0);
    expect(stdout).toContain('user reset-password');
    expect(stdout).not.toContain('tokens revoke');
  });

  test.each(COMMANDS.map(({ name }) => name))(
    '%s --help has lines of at most 80 characters and needs no valid configuration',
    async (name) => {
      const { code, stdout } = await call(`${name} --help`, { env: { DATABASE_URL: 'nonsense' } });
      expect(code).toBe(0);
      expect(stdout).toContain(`Usage: postern ${name}`);
      expect(stdout).toContain('--help');
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    },
  );
});

describe('invalid arguments exit with 2 and a reason', () => {
  test.each([
    ['', 'Usage: postern COMMAND'],
    ['user', 'Usage: postern COMMAND'],
    ['nothing', 'Unknown command "nothing".'],
    ['user nothing', 'Unknown command "user nothing".'],
    ['backup', 'FILE is missing.'],
    ['user create', 'EMAIL is missing.'],
    ['user deactivate a@example.com b@example.com', 'Too many arguments.'],
    ['user list --jsn', "Unknown option '--jsn'."],
    ['user create a@example.com --password secret', "Unknown option '--password'."],
    ['tokens revoke', 'Give either --user EMAIL or --all.'],
    ['tokens revoke --all --user a@example.com', 'Give either --user EMAIL or --all.'],
  ])('postern %s', async (words, reason) => {
    const { code, stdout, stderr } = await call(words, emptyDatabase());
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(reason);
  });
});

describe('a command that fails exits with 1 and a reason', () => {
  test.each([
    ['user create ada', 'email must be an email address'],
    ['user deactivate absent@example.com', 'No user has this email.'],
    ['user reset-password absent@example.com', 'No user has this email.'],
    ['user reset-link absent@example.com', 'No user has this email.'],
    ['tokens revoke --user absent@example.com', 'No user has this email.'],
  ])('postern %s', async (words, reason) => {
    const { code, stdout, stderr } = await call(words, emptyDatabase());
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(reason);
  });

  test('an email belongs to one account', async () => {
    const database = emptyDatabase();
    expect((await call('user create ada@example.com', database)).code).toBe(0);
    expect(await call('user create ADA@example.com', database)).toMatchObject({
      code: 1,
      stderr: 'postern user create: A user has this email already.',
    });
  });

  test('the error of an invalid configuration names the variable', async () => {
    const { code, stderr } = await call('user list', { env: { DATABASE_URL: 'mysql://somewhere' } });
    expect(code).toBe(1);
    expect(stderr).toContain('DATABASE_URL must ');
  });

  test('backup refuses a PostgreSQL database', async () => {
    const { code, stderr } = await call('backup copy.db', {
      env: { DATABASE_URL: 'postgres://localhost/postern' },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('such as pg_dump');
  });

  test.each(['user list', 'tokens revoke --all', 'backup copy.db'])(
    'postern %s does not create a database',
    async (words) => {
      const file = join(temporaryFolder(), 'postern.db');
      const { code, stderr } = await call(words, { env: { DATABASE_URL: `file:${file}` } });
      expect(code).toBe(1);
      expect(stderr).toContain(`There is no database at ${file}. Check DATABASE_URL`);
      expect(existsSync(file)).toBe(false);
    },
  );

  test('a database without migrations is refused', async () => {
    const file = join(temporaryFolder(), 'postern.db');
    await openSqliteDatabase(`file:${file}`).close();
    const { code, stderr } = await call('user list', { env: { DATABASE_URL: `file:${file}` } });
    expect(code).toBe(1);
    expect(stderr).toContain('Run "postern migrate"');
  });
});

test('schema prints sorted SDL and does not read the environment', async () => {
  const { code, stdout, stderr } = await postern('schema', {
    env: { DATABASE_URL: 'nonsense', POSTERN_TYPO: '1' },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toBe(`${printSchema(lexicographicSortSchema(buildSchema(stdout)))}\n`);
});

test('migrate creates a database once; a second run changes nothing', async () => {
  const database = { env: { DATABASE_URL: `file:${join(temporaryFolder(), 'new', 'postern.db')}` } };
  expect((await call('migrate', database)).stdout).toMatch(/^Applied 0001-initial(, \S+)*\.$/);
  expect((await call('migrate', database)).stdout).toBe('The database is already up to date.');
  expect((await call('user list', database)).code).toBe(0);
});

test('user list prints a table for people and JSON for programs', async () => {
  const database = emptyDatabase();
  await call('user create grace@example.com', database);
  await call('user create ada@example.com --name Ada', database);
  await call('user deactivate grace@example.com', database);

  const { stdout } = await call('user list', database);
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['EMAIL', 'VERIFIED', 'STATUS', 'CREATED', 'NAME'],
    ['ada@example.com', 'yes', 'active', expect.any(String), 'Ada'],
    ['grace@example.com', 'yes', 'deactivated', expect.any(String), 'grace'],
  ]);

  const instant = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const verified = { emailVerified: true };
  const id = expect.stringMatching(/^usr_[0-9a-f]{32}$/);
  expect(JSON.parse((await call('user list --json', database)).stdout)).toEqual([
    { id, email: 'ada@example.com', ...verified, name: 'Ada', createdAt: instant, deactivatedAt: null },
    {
      id,
      email: 'grace@example.com',
      ...verified,
      name: 'grace',
      createdAt: instant,
      deactivatedAt: instant,
    },
  ]);
});

test('user deactivate lists the workspace tokens that the user created, and revokes them on request', async () => {
  const database = emptyDatabase();
  await call('user create ada@example.com', database);
  const handle = openSqliteDatabase(database.env.DATABASE_URL);
  handle.connection.exec(`
    insert into workspaces (id, name, slug, created_at, personal_tokens, require_expiry, token_roles)
      values ('w', 'W', 'w', 1, 'ALLOWED', 0, 31);
    insert into tokens (id, kind, workspace_id, created_by, identifier, name, name_folded, search_text, secret_preview, access,
      role, created_at, updated_at, issued_at)
      select 't', 'WORKSPACE', 'w', id, 'w_deploy', 'Deploy', 'deploy', 'deploy', 'wst_', 'ROLE', 3, 1, 1, 1 from users`);
  const revoked = () => handle.connection.prepare('select revoked_at is not null from tokens').pluck().get();

  expect((await call('user deactivate ada@example.com', database)).stdout).toBe(
    [
      'Deactivated ada@example.com.',
      'What the user created keeps working; --revoke-created revokes it:',
      '  w_deploy  ADMINISTRATOR  Deploy',
    ].join('\n'),
  );
  expect(revoked()).toBe(0);
  expect((await call('user deactivate ada@example.com --revoke-created', database)).stdout).toBe(
    [
      'ada@example.com is already deactivated.',
      'Revoked what the user created:',
      '  w_deploy  ADMINISTRATOR  Deploy',
    ].join('\n'),
  );
  expect(revoked()).toBe(1);
  await handle.close();
});

test('an unverified email can be verified, or released for a new account', async () => {
  const database = emptyDatabase();
  const handle = openSqliteDatabase(database.env.DATABASE_URL);
  const account = { password_hash: '-', created_at: 0, email_verified_at: null, deactivated_at: null };
  for (const name of ['ada', 'ceo']) {
    await handle.db
      .insertInto('users')
      .values({ id: name, email: `${name}@example.com`, name, ...account })
      .execute();
  }
  await handle.close();

  expect((await call('user verify ada@example.com', database)).stdout).toBe('Verified ada@example.com.');
  expect((await call('user release ada@example.com', database)).stderr).toContain('This email is verified');
  expect((await call('user create ceo@example.com', database)).stderr).toContain('postern user release ceo@');
  const { stdout } = await call('user release ceo@example.com', database);
  expect(stdout).toMatch(/^Released ceo@example\.com\. .* is now released-[0-9a-f-]+@released\.invalid\.$/);
  expect((await call('user create ceo@example.com', database)).code).toBe(0);
  const users = JSON.parse((await call('user list --json', database)).stdout);
  expect(users.map(({ email, emailVerified }: Record<string, unknown>) => [email, emailVerified])).toEqual([
    ['ada@example.com', true],
    ['ceo@example.com', true],
    [expect.stringMatching(/@released\.invalid$/), false],
  ]);
});
