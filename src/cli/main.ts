#!/usr/bin/env node
import { readConfig } from '../config.ts';
import { loadEnvironment } from '../config-environment.ts';
import { run } from './run.ts';
import { createTerminal } from './terminal.ts';

process.exitCode = await run(process.argv.slice(2), {
  terminal: createTerminal(process),
  config: () => readConfig(loadEnvironment()),
});
