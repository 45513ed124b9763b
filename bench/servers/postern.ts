import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createNodeServer } from '../../src/http/node-server.ts';
import { reportCpu } from './measured.ts';

// The real server as the environment configures it; only its log is off.
const app = await createApp(readConfig({ ...process.env, POSTERN_LOG_LEVEL: 'warn' }));
const server = createNodeServer(app);
reportCpu(await server.listen(0, '127.0.0.1'));
