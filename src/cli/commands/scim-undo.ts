import { parseDuration } from '../../domain/duration.ts';
import { PosternError } from '../../domain/errors.ts';
import { type Command, UsageError } from '../command.ts';
import { asOperator } from '../operator.ts';

/** An instant with its zone. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Parses an instant, or a duration before `now`; milliseconds since the epoch. */
function parseSince(text: string | undefined, now: number): number {
  if (text !== undefined && INSTANT.test(text) && !Number.isNaN(Date.parse(text))) return Date.parse(text);
  try {
    return now - parseDuration(text ?? '', []);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
  }
  throw new UsageError('--since must be a duration such as PT2H, or an instant such as 2030-01-01T12:00Z.');
}

export const command: Command = {
  options: {
    since: { value: 'TIME', about: 'A duration before now, such as PT2H, or an instant.' },
  },
  about: `Reactivates the users that directories deactivated since a time, after a mistake
in a directory. Their personal tokens work again if that was in the last 30
days. Sessions, shares and invitations are not restored. Correct the directory
first, or revoke its credential: otherwise, it deactivates them again.`,
  run: (call) =>
    asOperator(call.config(), async (_operator, { clock, undoDeactivations }) => {
      const emails = await undoDeactivations(parseSince(call.value('since'), clock()));
      for (const email of emails) call.terminal.print(email);
      call.terminal.report(`Users reactivated: ${emails.length}.`);
    }),
};
