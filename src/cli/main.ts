#!/usr/bin/env node
import { loadEnvironment, readConfig } from '../config.ts';
import { run } from './run.ts';
import { createTerminal } from './terminal.ts';

process.exitCode = await run(process.argv.slice(2), {
  terminal: createTerminal(process),
  config: () => readConfig(loadEnvironment()),
});
