import './platform/node-env.ts';
import { ConfigError, readConfig } from './config.ts';
import { loadEnvironment } from './config-environment.ts';
import { OperatorError } from './platform/operator-error.ts';
import { serve } from './server.ts';

try {
  await serve(readConfig(loadEnvironment()), (text) => process.stdout.write(`${text}\n`));
} catch (error) {
  // A message is enough for errors that the operator can correct; any other error needs its stack.
  const isForOperator = error instanceof ConfigError || error instanceof OperatorError;
  console.error('Postern cannot start:', isForOperator ? error.message : error);
  process.exitCode = 1;
}
