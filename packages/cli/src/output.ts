import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { configFolder, writePrivately } from './credentials.ts';
import { failure } from './failure.ts';
import type { TokenPartsFragment } from './generated/operations.ts';
import { formatScope } from './values.ts';

const STDOUT = 1;

/** Writes a text to stdout as a whole. Throws if it is closed. */
function writeAll(text: string): void {
  for (let rest = Buffer.from(text); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(STDOUT, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** Prints a result. A reader that has closed the output, such as `head`, wants no more of it. */
export function print(text: string): void {
  try {
    writeAll(`${text}\n`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

/** Prints a value as JSON. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** Prints something for people only, to stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/**
 * Prints a new secret, which exists nowhere else. If that fails, stores it in a file that only its owner can read. Throws a
 * failure that names the file.
 */
export function printSecret(env: NodeJS.ProcessEnv, tokenId: string, text: string): void {
  try {
    writeAll(`${text}\n`);
  } catch {
    const file = join(configFolder(env), `unprinted-${tokenId}`);
    writePrivately(file, `${text}\n`);
    throw failure(
      'refused',
      `The secret could not be printed. It is in ${file}; remove that file after you have read it.`,
    );
  }
}

const dayOf = (instant: string | null | undefined) => instant?.slice(0, 10) ?? 'never';

/** Returns the properties of a token, one a line. */
export function describeToken(token: TokenPartsFragment): string {
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ['id', token.id],
    ['identifier', token.identifier],
    ['name', token.name],
    ['description', token.description],
    ['status', token.status],
    ['access', token.access],
    ...token.scopes.map((scope) => ['scope', formatScope(scope)] as const),
    ['created', token.createdAt],
    ['expires', token.expiresAt ?? 'never'],
    ['last used', token.lastUsedAt ?? 'never'],
    ['secret', token.maskedSecret],
  ];
  return rows.flatMap(([name, value]) => (value == null ? [] : [`${name.padEnd(12)}${value}`])).join('\n');
}

/** Returns tokens as a table. */
export function describeTokens(tokens: readonly TokenPartsFragment[]): string {
  const rows = [
    ['ID', 'NAME', 'STATUS', 'ACCESS', 'EXPIRES', 'LAST USED'],
    ...tokens.map((token) => [
      token.id,
      token.name,
      token.status,
      token.access,
      dayOf(token.expiresAt),
      dayOf(token.lastUsedAt),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
