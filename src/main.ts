import { ConfigError, loadEnvironment, readConfig } from './config.ts';
import { serve } from './server.ts';

try {
  await serve(readConfig(loadEnvironment()), (text) => process.stdout.write(`${text}\n`));
} catch (error) {
  // A wrong configuration is for the operator to see at a glance; anything else is for whoever mends it.
  console.error('Postern cannot start:', error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
