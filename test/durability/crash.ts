import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../support/random.ts';
import { createClient, signIn } from './client.ts';
import { createDisk, type Disk, type DiskKind } from './disk.ts';
import { inspect } from './inspection.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { startLoad } from './load.ts';
import { type KillableServer, startKillable } from './server-process.ts';

/** A crash comes after at most this many acknowledged responses, and a moment later, during other changes. */
const MOST_ANSWERS = 120;
const LONGEST_MOMENT_MS = 10;
const LOOK_EVERY_MS = 2;
/** After this many crashes everything is checked, and a new file started. */
const ROUNDS_A_FILE = 100;
/** Tokens that the last round did not change, checked besides those that it did. */
const OLD_ONES_CHECKED = 40;

const OWNER = 'owner@example.com';
const PASSWORD = 'correct horse battery staple';

/** The parameters of a crash test. */
export interface CrashOptions {
  /** The compiled server. */
  readonly main: string;
  readonly rounds: number;
  readonly seed: number;
  readonly disk: DiskKind;
  /** Arguments for the server's Node. */
  readonly nodeArguments?: readonly string[];
  /** Called after each round. */
  readonly onRound?: (round: number, report: CrashReport) => void;
}

/** The result of a crash test. */
export interface CrashReport {
  /** Responses that acknowledged a change. */
  readonly acknowledged: number;
  /** Checks of a token's secrets and log. */
  readonly compared: number;
  readonly violations: readonly string[];
}

/** One database through many crashes. */
interface Victim {
  readonly disk: Disk;
  readonly ledger: Ledger;
  session: string | null;
}

function createVictim(folder: string, kind: DiskKind): Victim {
  const file = join(mkdtempSync(join(folder, 'data-')), 'postern.db');
  return { disk: createDisk(kind, file, folder), ledger: createLedger(), session: null };
}

/** Kills a server under load repeatedly, starts it on the remaining files, and compares them with what it acknowledged. */
export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-crash-'));
  // Two sequences: what is checked depends on the speed of the machine, and when a crash comes must not.
  const [timing, choice] = [seededRandom(options.seed), seededRandom(options.seed)];
  const report = { acknowledged: 0, compared: 0, violations: [] as string[] };

  function start({ disk }: Victim): Promise<KillableServer> {
    const env = {
      ...disk.env,
      DATABASE_URL: `file:${disk.file}`,
      POSTERN_OWNER_EMAIL: OWNER,
      POSTERN_OWNER_PASSWORD: PASSWORD,
      POSTERN_TOKENS_PER_USER: '1000000',
      POSTERN_REFUSALS_PER_MINUTE: '0',
    };
    return startKillable({ main: options.main, env, nodeArguments: options.nodeArguments ?? [] });
  }

  async function check({ disk, ledger }: Victim, { origin }: KillableServer, everything: boolean) {
    const touched = ledger.takeTouched();
    const others = everything
      ? ledger.all()
      : ledger.all().filter(() => choice.chance(OLD_ONES_CHECKED / ledger.size));
    const entries = [...new Map([...touched, ...others].map((entry) => [entry.token.id, entry])).values()];
    report.compared += entries.length;
    report.violations.push(...(await inspect(createClient(origin, null), disk.file, ledger, entries)));
  }

  async function crashOnce(victim: Victim, round: number): Promise<void> {
    const server = await start(victim);
    try {
      if (victim.session) await check(victim, server, false);
      victim.session ??= await signIn(server.origin, OWNER, PASSWORD);
      const before = victim.ledger.acknowledged;
      const wanted = before + timing.below(MOST_ANSWERS);
      const load = startLoad(
        createClient(server.origin, victim.session),
        victim.ledger,
        options.seed + round,
      );
      while (victim.ledger.acknowledged < wanted && !load.isOver()) await pause(LOOK_EVERY_MS);
      await pause(timing.below(LONGEST_MOMENT_MS));
      await server.kill();
      report.violations.push(...(await load.ended).map((refusal) => `refused: ${refusal}`));
      report.acknowledged += victim.ledger.acknowledged - before;
    } finally {
      await server.kill();
    }
    victim.disk.cut();
  }

  async function checkEverything(victim: Victim): Promise<void> {
    const server = await start(victim);
    await check(victim, server, true).finally(() => server.kill());
  }

  try {
    let victim = createVictim(folder, options.disk);
    for (let round = 1; round <= options.rounds; round++) {
      await crashOnce(victim, round);
      const isLast = round === options.rounds || round % ROUNDS_A_FILE === 0;
      if (isLast) await checkEverything(victim);
      if (isLast) victim = createVictim(folder, options.disk);
      options.onRound?.(round, report);
    }
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
