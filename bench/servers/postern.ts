import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createNodeServer } from '../../src/http/node/server.ts';
import { startWatchdog } from '../../src/platform/watchdog.ts';
import { reportServer } from '../measured.ts';

// The real server as the environment configures it, without a log. With --no-last-use it does not record the use of tokens.
const config = readConfig({ ...process.env, POSTERN_LOG_LEVEL: 'warn' });
const app = await createApp(config);
if (process.argv.includes('--no-last-use')) Object.assign(app.services.lastUse, { record: () => {} });
startWatchdog(config.watchdogSeconds);
const server = createNodeServer(app, config);
reportServer(await server.listen(0, '127.0.0.1'));
