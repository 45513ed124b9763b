import { createReadStream } from 'node:fs';
import { previewPart, SECRETS_PER_REPORT, type SecretKind } from '../../domain/secret.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { type Call, type Command, UsageError } from '../command.ts';
import { scanText } from '../secret-scanner.ts';

const NAMES: Readonly<Record<SecretKind, string>> = {
  PERSONAL: 'personal token',
  WORKSPACE: 'workspace token',
  SESSION: 'session',
  INVITATION: 'invitation',
};

/** Returns the texts to scan, each with the name to print. */
function sourcesOf({ rest, terminal }: Call): [string, AsyncIterable<string>][] {
  if (rest.length === 0) return [['-', terminal.input()]];
  return rest.map((file) => [file, createReadStream(file, { encoding: 'utf8' })]);
}

function leaksUrlOf(url: string): URL {
  if (!URL.canParse(url)) throw new UsageError('--report needs the URL of a server.');
  return new URL('leaks', url.endsWith('/') ? url : `${url}/`);
}

async function post(url: URL, secrets: readonly string[]): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  try {
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(secrets) })).status;
  } catch {
    throw new OperatorError(`Cannot reach ${url}.`);
  }
}

async function report(url: URL, secrets: readonly string[]): Promise<void> {
  for (let from = 0; from < secrets.length; from += SECRETS_PER_REPORT) {
    const status = await post(url, secrets.slice(from, from + SECRETS_PER_REPORT));
    if (status !== 200)
      throw new OperatorError(`${url} returned status ${status} after ${from} secrets were reported.`);
  }
}

export const command: Command = {
  rest: 'FILE',
  options: {
    report: { value: 'URL', about: 'Report the secrets to the server at URL, which revokes them.' },
  },
  about: `Finds Postern secrets in files or in standard input. Prints the position, the
kind and the first characters of each: FILE:LINE:COLUMN KIND CHARACTERS. The
checksum of a secret rules out false positives. The command does not check
whether a secret is still valid. Exit codes: 0 nothing found, 1 secrets found or
a file could not be read, 2 usage error.`,
  async run(call) {
    const url = call.value('report');
    const leaks = url === undefined ? null : leaksUrlOf(url);
    const secrets = new Set<string>();
    for (const [name, text] of sourcesOf(call)) {
      for await (const { secret, kind, line, column } of scanText(text)) {
        call.terminal.print(`${name}:${line}:${column} ${NAMES[kind]} ${previewPart(secret)}…`);
        secrets.add(secret);
      }
    }
    if (secrets.size === 0) return;
    if (leaks) await report(leaks, [...secrets]);
    throw new OperatorError(
      `Secrets found${leaks ? ` and reported to ${leaks.origin}` : ''}: ${secrets.size}.`,
    );
  },
};
