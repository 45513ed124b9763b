import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { KillableServer } from '../durability/server-process.ts';

/** Sends requests to `/verify` repeatedly, and measures the time of each response. */
export interface Bystander {
  /**
   * The longest time that the server worked before a response since the last call, in milliseconds. Waits for the pending
   * response.
   */
  longest(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * The milliseconds that the main thread of a process was on a processor (proc(5), `schedstat`), which excludes other
 * programs; the time of the clock if the system does not provide it.
 */
function createStopwatch(pid: number): () => number {
  const file = `/proc/${pid}/task/${pid}/schedstat`;
  if (!existsSync(file)) return () => performance.now();
  return () => Number(readFileSync(file, 'utf8').split(' ')[0]) / 1_000_000;
}

/** A caller with a token and a connection of its own, which sends one request after the other. */
export function startBystander({ origin, pid }: KillableServer, secret: string): Bystander {
  const busy = createStopwatch(pid);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Bearer ${secret}` };
  let longest = 0;
  let stopped = false;

  function verify(): Promise<number> {
    const begun = busy();
    return new Promise((resolve, reject) => {
      const outgoing = request(`${origin}/verify`, { agent, headers }, (response) => {
        const took = busy() - begun;
        response.resume();
        response.once('end', () => {
          if (response.statusCode === 204) resolve(took);
          else reject(new Error(`/verify answered ${response.statusCode}`));
        });
      });
      outgoing.once('error', reject);
      outgoing.end();
    });
  }

  let answered = 0;
  async function run(): Promise<void> {
    while (!stopped) {
      const took = await verify();
      longest = Math.max(longest, took);
      answered += 1;
    }
    agent.destroy();
  }
  const running = run();

  return {
    async longest() {
      const due = answered + 2;
      while (answered < due) await Promise.race([new Promise((resolve) => setImmediate(resolve)), running]);
      const found = longest;
      longest = 0;
      return found;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
