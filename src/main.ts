import './platform/node-env.ts';
import { readConfig } from './config.ts';
import { loadEnvironment } from './config-environment.ts';
import { OperatorError } from './platform/operator-error.ts';
import { describeStartError, serve } from './server.ts';

try {
  if (process.argv.length > 2) {
    throw new OperatorError(
      'The server takes no arguments, only settings in its environment. For a command, run: postern COMMAND',
    );
  }
  await serve(readConfig(loadEnvironment()), (text) => process.stdout.write(`${text}\n`));
} catch (error) {
  console.error('Postern cannot start:', describeStartError(error));
  process.exitCode = 1;
}
