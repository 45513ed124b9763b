import type { Command } from './command.ts';
import { ACCESS_COMMANDS } from './commands/access.ts';
import { SESSION_COMMANDS } from './commands/session.ts';
import { TOKEN_COMMANDS } from './commands/tokens.ts';
import { completionFor } from './completion.ts';
import { print } from './output.ts';

/** The commands by name. */
export const RUNNERS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ...SESSION_COMMANDS,
  ...TOKEN_COMMANDS,
  ...ACCESS_COMMANDS,
  [
    'completion',
    { takes: [1, 1], options: [], run: async ({ args }) => print(completionFor(args[0] ?? '')) },
  ],
]);
