import { migrateToLatest } from '../../storage/migrations.ts';
import { openDatabase } from '../../storage/open.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  about: `Updates the database to the schema of this version, as the server does when it
starts. Creates the file of DATABASE_URL if it does not exist. A file that has
data is copied first; the copy stays beside it. Stop the server before an
upgrade.`,
  async run({ config, terminal }) {
    const handle = await openDatabase(config().databaseUrl);
    try {
      const { applied, copy } = await migrateToLatest(handle);
      if (copy) terminal.print(`Copied the old database to ${copy}.`);
      terminal.print(
        applied.length > 0 ? `Applied ${applied.join(', ')}.` : 'The database is already up to date.',
      );
    } finally {
      await handle.close();
    }
  },
};
