import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createNodeServer } from '../../src/http/node-server.ts';
import { reportCpu } from './measured.ts';

// The real server on the database that DATABASE_URL names; only its log is off.
const app = await createApp(
  readConfig({ DATABASE_URL: process.env.DATABASE_URL ?? '', POSTERN_LOG_LEVEL: 'warn' }),
);
const server = createNodeServer(app);
reportCpu(await server.listen(0, '127.0.0.1'));
