import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM, findProgram } from '../../support/programs.ts';

/** A host name of this machine that browsers do not treat as a secure context, unlike localhost. */
export const PLAIN_HOST = 'postern.test';

/** Chromium renders in memory, makes no requests of its own, and works without network access. */
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

/** Starts Chromium without a window. The sandbox is off, since containers do not support it; tests visit only this machine. */
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
