import { readLines } from '../../src/cli/lines.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import type { LineResult, NumberedLine } from '../../src/services/tokens/import.ts';
import type { TestApp } from './app.ts';

/** The shapes of the tests: keys of better-auth, Unkey and Gitea. */
export const SHAPES = 'better-auth:alnum:64,unkey:base58:21-22:shop_,gitea:hex:40';

/** Returns a line for a secret of the owner's account, with full access and an expiry that the test clock has not reached. */
export function personalLine(secret: string, fields: object = {}): object {
  const expiresAt = '2030-12-31T00:00:00Z';
  return {
    digest: digestOf(secret),
    owner: 'owner@example.com',
    name: 'CI',
    access: 'FULL',
    expiresAt,
    ...fields,
  };
}

/** Returns a line for a secret of the owner's workspace. */
export function workspaceLine(secret: string, fields: object = {}): object {
  return {
    digest: digestOf(secret),
    workspace: 'main',
    role: 'TEAM_MEMBER',
    name: 'CI',
    access: 'ROLE',
    ...fields,
  };
}

/** Imports a text, and makes the server read the new digests. Returns each line's result with its number. */
export async function importText(
  { app }: TestApp,
  text: string | Uint8Array,
  isDryRun = false,
): Promise<[number, LineResult][]> {
  async function* chunks() {
    yield Buffer.from(text as string);
  }
  const lines: NumberedLine[] = [];
  for await (const line of readLines(chunks())) lines.push(line);
  const results = await app.services.tokenImport.start(isDryRun).add(lines);
  await app.services.secretReader.refresh();
  return results.map((result, index) => [(lines[index] as NumberedLine).number, result]);
}

/** Imports lines as `importText` does. Returns their results alone. */
export async function importLines(
  postern: TestApp,
  lines: readonly object[],
  isDryRun = false,
): Promise<LineResult[]> {
  const results = await importText(postern, lines.map((line) => JSON.stringify(line)).join('\n'), isDryRun);
  return results.map(([, result]) => result);
}
