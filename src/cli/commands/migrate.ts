import { openDatabase } from '../../storage/database.ts';
import { migrateToLatest } from '../../storage/migrations.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  about: `Brings the database to the schema of this version, as the server does at its
start. Creates the file of DATABASE_URL where there is none. A file that holds
something is copied first, and the copy stays beside it. Stop the server before
an upgrade.`,
  async run({ config, terminal }) {
    const handle = await openDatabase(config().databaseUrl);
    try {
      const { applied, copy } = await migrateToLatest(handle);
      if (copy) terminal.print(`Copied the database as it was to ${copy}.`);
      terminal.print(
        applied.length > 0
          ? `Applied ${applied.join(', ')}.`
          : 'Nothing to do: the schema is that of this version.',
      );
    } finally {
      await handle.close();
    }
  },
};
