import { createReadStream } from 'node:fs';
import { previewPart, SECRETS_PER_REPORT, type SecretKind } from '../../domain/secret.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import { type Call, type Command, UsageError } from '../command.ts';
import { decodeText, scanText } from '../secret-scanner.ts';

const NAMES: Readonly<Record<SecretKind, string>> = {
  PERSONAL: 'personal token',
  WORKSPACE: 'workspace token',
  SESSION: 'session',
  INVITATION: 'invitation',
  RESET: 'password reset link',
  DIRECTORY: 'SCIM credential',
};

const NOT_TEXT =
  'is not UTF-8 or UTF-16 text, so secrets in it can be missed (convert or unpack it, and scan the result)';

/** What a scan found. */
interface Findings {
  readonly secrets: ReadonlySet<string>;
  /** The names of the files that could not be searched. */
  readonly unread: readonly string[];
}

/** Returns the files to scan, each with the name to print. */
function sourcesOf({ rest, terminal }: Call): [string, () => AsyncIterable<Uint8Array>][] {
  if (rest.length === 0) return [['-', terminal.input]];
  return rest.map((file) => [file, () => createReadStream(file)]);
}

/** Prints the secrets of each file. A file that cannot be read is named and does not keep the others from being searched. */
async function scan(call: Call): Promise<Findings> {
  const { terminal } = call;
  const secrets = new Set<string>();
  const unread = new Set<string>();

  function skip(name: string, reason: string): void {
    unread.add(name);
    terminal.report(`${name}: ${reason}`);
  }

  for (const [name, read] of sourcesOf(call)) {
    try {
      const text = decodeText(read(), () => skip(name, NOT_TEXT));
      for await (const { secret, kind, line, column } of scanText(text)) {
        terminal.print(`${name}:${line}:${column} ${NAMES[kind]} ${previewPart(secret)}…`);
        secrets.add(secret);
      }
    } catch (error) {
      if (!(error instanceof Error && 'syscall' in error)) throw error;
      skip(name, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }
  return { secrets, unread: [...unread] };
}

function summaryOf({ secrets, unread }: Findings, leaks: URL | null): string {
  return [
    ...(secrets.size > 0
      ? [`Secrets found${leaks ? ` and reported to ${leaks.origin}` : ''}: ${secrets.size}.`]
      : []),
    ...(unread.length > 0 ? [`Files that could not be searched: ${unread.length}.`] : []),
  ].join(' ');
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
whether a secret is still valid. Files are UTF-8, or UTF-16 with a byte order
mark. Exit codes: 0 nothing found, 1 secrets found or a file could not be read
as text, 2 usage error.`,
  async run(call) {
    const url = call.value('report');
    const leaks = url === undefined ? null : leaksUrlOf(url);
    const findings = await scan(call);
    const { secrets, unread } = findings;
    if (secrets.size === 0 && unread.length === 0) return;
    if (leaks && secrets.size > 0) await report(leaks, [...secrets]);
    throw new OperatorError(summaryOf(findings, leaks));
  },
};
