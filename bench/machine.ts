import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const MEMORY_FILE_SYSTEMS = [0x01021994, 0x858458f6];
/** The counts of /proc are in hundredths of a second, whatever the kernel's own are. */
const TICK_SECONDS = 0.01;

interface CpuTimes {
  /** Seconds of all cores since the start of the machine: in all, and busy. */
  readonly all: number;
  readonly busy: number;
  /** Seconds of this process and of those that it started and that have ended. */
  readonly ours: number;
}

/** What the machine's cores have done; `null` where the system does not tell. */
function readTimes(): CpuTimes | null {
  try {
    const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = line
      .split(/\s+/)
      .slice(1)
      .map(Number);
    const busy = user + nice + system + irq + softirq + steal;
    const own = readFileSync('/proc/self/stat', 'utf8');
    const ours = own.slice(own.lastIndexOf(')')).split(' ').slice(12, 16).map(Number);
    return {
      all: (busy + idle + wait) * TICK_SECONDS,
      busy: busy * TICK_SECONDS,
      ours: ours.reduce((sum, ticks) => sum + ticks, 0) * TICK_SECONDS,
    };
  } catch {
    return null;
  }
}

/** How much of the machine others used while something ran. */
export interface Noise {
  /** The load average of the minute before. */
  readonly loadBefore: number;
  /** Of all cores' time, the part that others took, the host's other guests included; `null` where the system does not tell. */
  readonly othersShare: number | null;
}

/** Begins to listen for others; what it returns tells what was heard. Every process that was started must have ended by then. */
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

/** The processor, in words. */
export function processor(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model.trim()}`;
}

/** Whether a folder lies in memory, where nothing is ever durable. */
export function isInMemory(folder: string): boolean {
  return MEMORY_FILE_SYSTEMS.includes(statfsSync(folder).type);
}
