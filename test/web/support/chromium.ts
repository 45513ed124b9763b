import { type Browser, chromium } from 'playwright-core';
import { CHROMIUM, findProgram } from '../../support/programs.ts';

/** A name that leads to this machine, for which a browser makes none of the exceptions that it makes for localhost. */
export const PLAIN_HOST = 'postern.test';

/** It is a guest on a machine that may be shut off from the net: it draws to memory and calls nobody by itself. */
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

/** Starts Chromium without a window. The sandbox needs what a container does not give, and it visits this machine only. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findProgram(CHROMIUM);
  if (executablePath === null) throw new Error(`The console is tested in Chromium: ${CHROMIUM.hint}.`);
  return chromium.launch({ executablePath, args: ARGUMENTS });
}
