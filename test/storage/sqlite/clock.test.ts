import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/domain/duration.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { createSteadyClock } from '../../../src/platform/steady-clock.ts';
import type { SqliteHandle } from '../../../src/storage/database.ts';
import { readSqliteClock, startSqliteClock } from '../../../src/storage/sqlite/clock.ts';
import { findClockMark } from '../../../src/storage/sqlite/clock-mark.ts';
import { PASSWORD, START } from '../../support/app.ts';
import { call } from '../../support/cli.ts';
import { openTestSqlite, writeTestDatabase } from '../../support/database.ts';
import { fetchFrom } from '../../support/fetch.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { startMain } from '../../support/main-process.ts';

/** Clock sources that a test can set. */
function machine() {
  let [system, monotonic] = [START, 1000];
  const steps: number[] = [];
  return {
    steps,
    sources: {
      system: () => system,
      monotonic: () => monotonic,
      onStep: (by: number) => void steps.push(by),
    },
    pass(milliseconds: number) {
      system += milliseconds;
      monotonic += milliseconds;
    },
    set(by: number) {
      system += by;
    },
  };
}

type Machine = ReturnType<typeof machine>;

let computer: Machine;
beforeEach(() => {
  computer = machine();
});

describe('the time', () => {
  test('follows the system clock', () => {
    const { now } = createSteadyClock(computer.sources, 0);
    computer.pass(3 * DAY);
    expect(now()).toBe(START + 3 * DAY);
    expect(computer.steps).toEqual([]);
  });

  test('follows the monotonic clock while the system clock is set back', () => {
    const { now } = createSteadyClock(computer.sources, 0);
    computer.pass(HOUR);
    expect(now()).toBe(START + HOUR);
    computer.set(-DAY);
    expect(now()).toBe(START + HOUR);
    computer.pass(HOUR);
    expect(now()).toBe(START + 2 * HOUR);
    computer.set(DAY);
    expect(now()).toBe(START + 2 * HOUR);
    expect(computer.steps).toEqual([-DAY, DAY]);
  });

  test('stays the same until a system clock that is a little behind has caught up', () => {
    const { now } = createSteadyClock(computer.sources, 0);
    computer.set(-MINUTE);
    expect(now()).toBe(START);
    computer.pass(30 * SECOND);
    expect(now()).toBe(START);
    computer.pass(40 * SECOND);
    expect(now()).toBe(START + 10 * SECOND);
  });

  test('follows a jump forward and never goes back; the mark does not follow it', () => {
    const { now, mark } = createSteadyClock(computer.sources, 0);
    computer.pass(MINUTE);
    computer.set(100 * DAY);
    expect([now(), mark()]).toEqual([START + MINUTE + 100 * DAY, START + MINUTE]);
    computer.set(-100 * DAY);
    computer.pass(MINUTE);
    expect([now(), mark()]).toEqual([START + 2 * MINUTE + 100 * DAY, START + 2 * MINUTE]);
  });

  test('starts at the floor', () => {
    const { now } = createSteadyClock(computer.sources, START + MINUTE);
    expect(now()).toBe(START + MINUTE);
    computer.pass(2 * MINUTE);
    expect(now()).toBe(START + 2 * MINUTE);
  });
});

describe('the mark of a database', () => {
  let handle: SqliteHandle;
  beforeEach(() => {
    handle = openTestSqlite();
  });
  afterEach(() => handle.close());

  test('is stored at the start, at the end, and at most every ten seconds in between', async () => {
    const clock = await startSqliteClock(handle, computer.sources);
    expect(await findClockMark(handle.db)).toBe(START);
    computer.pass(9 * SECOND);
    clock.now();
    await handle.transact([], async () => {});
    expect(await findClockMark(handle.db)).toBe(START);
    computer.pass(SECOND);
    clock.now();
    await handle.transact([], async () => {});
    expect(await findClockMark(handle.db)).toBe(START + 10 * SECOND);
    computer.pass(SECOND);
    clock.now();
    await clock.stop();
    expect(await findClockMark(handle.db)).toBe(START + 11 * SECOND);
  });

  test('refuses a start that is behind it, and names the command', async () => {
    computer.pass(DAY);
    await (await startSqliteClock(handle, computer.sources)).stop();
    computer.set(-DAY);
    await expect(startSqliteClock(handle, computer.sources)).rejects.toThrow('run "postern clock reset"');
    expect(await findClockMark(handle.db)).toBe(START + DAY);
  });

  test('is the time of a server and a command whose clock is a little behind', async () => {
    await (await startSqliteClock(handle, computer.sources)).stop();
    computer.set(-MINUTE);
    expect((await startSqliteClock(handle, computer.sources)).now()).toBe(START);
    computer.set(-DAY);
    expect((await readSqliteClock(handle, computer.sources))()).toBe(START);
  });

  test('does not follow a jump of the system clock', async () => {
    const clock = await startSqliteClock(handle, computer.sources);
    computer.set(1000 * DAY);
    expect(clock.now()).toBe(START + 1000 * DAY);
    await clock.stop();
    expect(await findClockMark(handle.db)).toBe(START);
  });
});

test('a session that has expired stays expired when the clock is set back', async () => {
  const handle = openTestSqlite();
  const { now: clock } = await startSqliteClock(handle, computer.sources);
  const config = readConfig({
    POSTERN_OWNER_EMAIL: 'owner@example.com',
    POSTERN_OWNER_PASSWORD: PASSWORD,
    POSTERN_SESSION_LIFETIME: 'PT1H',
  });
  const app = await createApp(config, { database: { ...handle, clock }, logger: createLogger('silent') });
  const query = `mutation { signIn(input: { email: "owner@example.com", password: "${PASSWORD}" }) { sessionToken } }`;
  const signedIn = await fetchFrom(
    app,
    new Request('http://postern.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    }),
  );
  const { data } = (await signedIn.json()) as { data: { signIn: { sessionToken: string } } };
  const headers = { authorization: `Bearer ${data.signIn.sessionToken}` };
  const verified = async () =>
    (await fetchFrom(app, new Request('http://postern.test/verify', { headers }))).status;

  const seen = [await verified()];
  for (const move of [() => computer.pass(2 * HOUR), () => computer.set(-2 * HOUR)]) {
    move();
    seen.push(await verified());
  }
  expect(seen).toEqual([204, 401, 401]);
  await app.close();
});

test('a server does not start on a clock that was set back, until the operator resets the mark', async () => {
  const folder = temporaryFolder();
  const env = { DATABASE_URL: `file:${join(folder, 'postern.db')}` };
  writeTestDatabase(join(folder, 'postern.db'));
  const tomorrow = 'const now = Date.now; Date.now = () => now() + 86400000;';
  const early = startMain(folder, {
    ...env,
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tomorrow)}`,
  });
  await early.says(/Postern listens/);
  expect((await call('clock reset', { env })).stderr).toContain('Another Postern server uses');
  early.signal('SIGTERM');
  expect((await early.end()).code).toBe(0);

  const config = readConfig({ ...env, POSTERN_LOG_LEVEL: 'silent' });
  await expect(createApp(config)).rejects.toThrow('run "postern clock reset"');

  expect((await call('user list', { env })).code).toBe(0);
  const reset = await call('clock reset', { env });
  expect(reset).toMatchObject({ code: 0, stderr: expect.stringContaining('valid again') });
  await (await createApp(config)).close();
});
