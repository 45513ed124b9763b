import { serve } from '../../server.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  about: `Runs the server until it is told to stop (SIGTERM, Ctrl-C). Opens the database
of DATABASE_URL, creates and migrates it where needed, and makes the first owner
where there is no user yet. .env.example lists what can be configured.`,
  run: ({ config, terminal }) => serve(config(), terminal.print),
};
