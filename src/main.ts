import './platform/node-env.ts';
import { readConfig } from './config.ts';
import { loadEnvironment } from './config-environment.ts';
import { describeStartError, serve } from './server.ts';

try {
  await serve(readConfig(loadEnvironment()), (text) => process.stdout.write(`${text}\n`));
} catch (error) {
  console.error('Postern cannot start:', describeStartError(error));
  process.exitCode = 1;
}
