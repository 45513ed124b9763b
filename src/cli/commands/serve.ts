import { serve } from '../../server.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  about: `Runs the server until it receives SIGTERM or SIGINT (Ctrl-C). Opens the database
of DATABASE_URL, creates or migrates it if necessary, and creates the first
owner if there are no users. .env.example lists every setting.`,
  run: ({ config, terminal }) => serve(config(), terminal.print),
};
