/** Fills the configured database with users, workspaces, tokens and channels to develop with. Refuses if it has users. */
import { ConfigError, readConfig } from '../src/config.ts';
import { loadEnvironment } from '../src/config-environment.ts';
import { OperatorError } from '../src/platform/operator-error.ts';
import { seed } from './seed/seed.ts';

try {
  console.log(await seed(readConfig(loadEnvironment()), Date.now()));
} catch (error) {
  const isForOperator = error instanceof ConfigError || error instanceof OperatorError;
  console.error('Cannot seed:', isForOperator ? error.message : error);
  process.exitCode = 1;
}
