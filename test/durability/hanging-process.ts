import Database from 'better-sqlite3';
import { startWatchdog } from '../../src/platform/watchdog.ts';

// A process whose database does not come back from a query; or one that has nothing to do.
startWatchdog(1);
process.once('message', (message) => {
  if (message === 'hang') {
    new Database(':memory:')
      .prepare('with recursive n(i) as (select 1 union all select i from n) select count(*) from n')
      .get();
  }
  // By then, one that hung would be gone.
  if (message === 'idle') setTimeout(() => process.disconnect(), 3_500);
});
process.send?.('running');
