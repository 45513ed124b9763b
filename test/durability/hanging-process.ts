import Database from 'better-sqlite3';
import { startWatchdog } from '../../src/platform/watchdog.ts';

// A process whose database hangs in a query, or an idle one.
startWatchdog(1);
process.once('message', (message) => {
  if (message === 'hang') {
    new Database(':memory:')
      .prepare('with recursive n(i) as (select 1 union all select i from n) select count(*) from n')
      .get();
  }
  // By then, a process that hung would have ended.
  if (message === 'idle') setTimeout(() => process.disconnect(), 3_500);
});
process.send?.('running');
