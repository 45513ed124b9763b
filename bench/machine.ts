import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const MEMORY_FILE_SYSTEMS = [0x01021994, 0x858458f6];
/** The counts of /proc are in hundredths of a second on every kernel. */
const TICK_SECONDS = 0.01;

interface CpuTimes {
  /** Seconds of all cores since the start of the machine: in total, and busy. */
  readonly all: number;
  readonly busy: number;
  /** Seconds of this process and its descendants, ended ones included. */
  readonly ours: number;
}

/** Returns the seconds that a process, its ended children and its running descendants have used; 0 if it no longer exists. */
function secondsOf(pid: number | string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 16).map(Number);
    const own = ticks.reduce((sum, count) => sum + count, 0) * TICK_SECONDS;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    return children.reduce((sum, child) => sum + secondsOf(child), own);
  } catch {
    return 0;
  }
}

/** The times of the machine's cores; `null` if the system does not provide them. */
function readTimes(): CpuTimes | null {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = line
      .split(/\s+/)
      .slice(1)
      .map(Number);
    const busy = user + nice + system + irq + softirq + steal;
    const all = (busy + idle + wait) * TICK_SECONDS;
    return { all, busy: busy * TICK_SECONDS, ours: secondsOf(process.pid) };
  } catch {
    return null;
  }
}

/** The share of the machine that others used during a run. */
export interface Noise {
  /** The load average of the minute before. */
  readonly loadBefore: number;
  /** The part of all cores' time that others used, including the host's other guests; `null` if the system does not provide it. */
  readonly othersShare: number | null;
}

/** Starts measuring others; the returned function ends it. */
export function listenForNoise(): () => Noise {
  const [loadBefore = 0] = loadavg();
  const before = readTimes();
  return () => {
    const after = readTimes();
    if (!before || !after) return { loadBefore, othersShare: null };
    const others = after.busy - before.busy - (after.ours - before.ours);
    return { loadBefore, othersShare: Math.max(0, others / (after.all - before.all)) };
  };
}

/** The name of the processor. */
export function processor(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim()}`;
}

/** Whether a folder is in memory, where nothing is durable. */
export function isInMemory(folder: string): boolean {
  return MEMORY_FILE_SYSTEMS.includes(statfsSync(folder).type);
}
