import { type Random, seededRandom } from '../support/random.ts';
import { type Client, Refused } from './client.ts';
import type { Ledger } from './ledger.ts';
import { applyChange, createdToken, type KnownToken, pickChange } from './token-life.ts';

const CALLERS = 8;
const TOKENS_A_CALLER = 12;

/** A load that runs until the server ends. */
export interface Load {
  /** Resolves when every caller has noticed the end; to the refusals, of which there must be none. */
  readonly ended: Promise<readonly string[]>;
  /** Whether all callers have ended. */
  isOver(): boolean;
}

async function createToken(client: Client): Promise<KnownToken> {
  const { createToken: payload } = await client.post(
    'mutation { createToken(input: { name: "crash", access: FULL }) { secret token { id } } }',
  );
  return createdToken(payload.token.id, payload.secret);
}

async function changeToken(
  client: Client,
  ledger: Ledger,
  token: KnownToken,
  random: Random,
): Promise<KnownToken> {
  const change = pickChange(token, random);
  ledger.begin(token, change);
  const { field, input, selects } = change;
  try {
    const data = await client.post(
      `mutation { ${field}(input: { id: "${token.id}"${input} }) { ${selects} } }`,
    );
    return applyChange(token, change, data[field].secret ?? null);
  } catch (error) {
    if (error instanceof Refused) ledger.abandon(token);
    throw error;
  }
}

/** Changes tokens of its own, one call after the other, until a call gets no response. */
async function call(client: Client, ledger: Ledger, random: Random, refusals: string[]): Promise<void> {
  const own: KnownToken[] = [];
  for (;;) {
    const place = random.below(TOKENS_A_CALLER);
    try {
      const token = own[place];
      const next = token ? await changeToken(client, ledger, token, random) : await createToken(client);
      ledger.note(next);
      if (next.state !== 'DELETED') own[token ? place : own.length] = next;
      else own.splice(place, 1);
    } catch (error) {
      if (!(error instanceof Refused)) return;
      refusals.push(error.message);
    }
  }
}

/** Starts callers that create and change tokens concurrently, and record each response. */
export function startLoad(client: Client, ledger: Ledger, seed: number): Load {
  const refusals: string[] = [];
  let running = CALLERS;
  const callers = Array.from({ length: CALLERS }, async (_, index) => {
    await call(client, ledger, seededRandom(seed * CALLERS + index), refusals);
    running -= 1;
  });
  return { ended: Promise.all(callers).then(() => refusals), isOver: () => running === 0 };
}
