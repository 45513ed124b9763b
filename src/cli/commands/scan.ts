import { createReadStream } from 'node:fs';
import { previewPart, type SecretKind } from '../../domain/secret.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { type Call, type Command, UsageError } from '../command.ts';
import { scanText } from '../secret-scanner.ts';

/** As many as a server takes at once. */
const SECRETS_A_REPORT = 1000;

const NAMES: Readonly<Record<SecretKind, string>> = {
  PERSONAL: 'personal token',
  WORKSPACE: 'workspace token',
  SESSION: 'session',
  INVITATION: 'invitation',
};

/** What to scan, by the name that is printed. */
function sourcesOf({ rest, terminal }: Call): [string, AsyncIterable<string>][] {
  if (rest.length === 0) return [['-', terminal.input()]];
  return rest.map((file) => [file, createReadStream(file, { encoding: 'utf8' })]);
}

function leaksUrlOf(url: string): URL {
  if (!URL.canParse(url)) throw new UsageError('--report takes the URL of a server.');
  return new URL('leaks', url.endsWith('/') ? url : `${url}/`);
}

async function post(url: URL, secrets: readonly string[]): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  try {
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(secrets) })).status;
  } catch {
    throw new OperatorError(`${url} cannot be reached.`);
  }
}

async function report(url: URL, secrets: readonly string[]): Promise<void> {
  for (let from = 0; from < secrets.length; from += SECRETS_A_REPORT) {
    const status = await post(url, secrets.slice(from, from + SECRETS_A_REPORT));
    if (status !== 200) throw new OperatorError(`${url} answered ${status}: ${from} secrets were reported.`);
  }
}

export const command: Command = {
  rest: 'FILE',
  options: {
    report: { value: 'URL', about: 'Have what was found revoked by the server at URL.' },
  },
  about: `Looks for secrets of Postern in files, or in standard input, and prints where
they are, each by its first characters alone: FILE:LINE:COLUMN KIND CHARACTERS.
A secret is known by its checksum, so nothing is taken for one by chance.
Whether it still opens anything is not asked. Exit codes: 0 nothing was found;
1 something was, or a file could not be read; 2 wrongly called.`,
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
    throw new OperatorError(`${secrets.size} found${leaks ? `, and reported to ${leaks.origin}` : ''}.`);
  },
};
