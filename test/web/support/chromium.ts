import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM, findProgram } from '../../support/programs.ts';

/** A name of this machine that a browser does not treat as localhost. */
export const PLAIN_HOST = 'postern.test';

/** It draws to memory and makes no calls of its own, because the machine can be shared and without a network. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  `--host-resolver-rules=MAP ${PLAIN_HOST} 127.0.0.1`,
];

/** Starts Chromium without a window. It runs without a sandbox, which a container does not allow; it visits only this machine. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findProgram(CHROMIUM);
  if (executablePath === null) throw new Error(`The console is tested in Chromium: ${CHROMIUM.hint}.`);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

let shared: Promise<Browser> | undefined;

/** Returns the Chromium of this worker, which the test files of the worker share. It ends with the worker. */
export function sharedChromium(): Promise<Browser> {
  shared ??= launchChromium();
  return shared;
}
