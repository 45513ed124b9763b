import { DAY, parseDuration } from '../../domain/duration.ts';
import { PosternError } from '../../domain/errors.ts';
import { type Command, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

const OVERLAP = 'P1D';
const OVERLAP_MAX = 7 * DAY;

/** Parses how long the old credential continues to work, in milliseconds. */
function parseOverlap(text: string): number {
  if (text === '0') return 0;
  try {
    const overlap = parseDuration(text, []);
    if (overlap <= OVERLAP_MAX) return overlap;
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
  }
  throw new UsageError('--overlap must be 0 or an ISO 8601 duration of at most P7D, such as PT2H.');
}

export const command: Command = {
  operands: ['PROVIDER'],
  options: {
    overlap: {
      value: 'DURATION',
      about: `How long the old one works: 0, or up to P7D. Default: ${OVERLAP}.`,
    },
  },
  about: `Replaces the SCIM credential of a provider and prints the new one once. The old
one works until the overlap ends, so that the directory can change over.`,
  run: async (call) => {
    const overlap = parseOverlap(call.value('overlap') ?? OVERLAP);
    await asOperator(call.config(), async (_operator, { directoryCredentials, clock }) => {
      call.terminal.print(await directoryCredentials.rotate(call.operand('PROVIDER'), overlap));
      call.terminal.report(
        overlap === 0
          ? 'The old credential no longer works.'
          : `The old credential works until ${new Date(clock() + overlap).toISOString()}.`,
      );
    });
  },
};
