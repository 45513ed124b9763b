import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { scanText } from '../../src/cli/secret-scanner.ts';
import { composeSecret } from '../../src/domain/secret.ts';
import { call, postern as runPostern } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';
import { startWire } from '../support/http.ts';
import { seededRandom } from '../support/random.ts';
import { createPersonalToken } from '../support/tokens.ts';

const random = seededRandom(3);

function secretOf(kind: 'PERSONAL' | 'SESSION' = 'PERSONAL', prefix = ''): string {
  return composeSecret(
    kind,
    Uint8Array.from({ length: 32 }, () => random.below(256)),
    prefix,
  );
}

function fileWith(text: string | Uint8Array): string {
  const file = join(temporaryFolder(), 'file.txt');
  writeFileSync(file, text);
  return file;
}

describe('postern scan', () => {
  test('prints the position and kind of each secret, but not the secret', async () => {
    const [token, session] = [secretOf(), secretOf('SESSION', 'acme_')];
    const file = fileWith(`first line\n  é TOKEN=${token}\n${session}\n`);
    const { code, stdout, stderr } = await call(`scan ${file}`);
    expect(stdout.split('\n')).toEqual([
      `${file}:2:11 personal token ${token.slice(0, 10)}…`,
      `${file}:3:1 session ${session.slice(0, 15)}…`,
    ]);
    expect([code, stderr]).toEqual([1, 'postern scan: Secrets found: 2.']);
    expect(stdout + stderr).not.toContain(token.slice(0, 20));
  });

  test('exits with 0 if there are no secrets', async () => {
    const { code, stdout, stderr } = await call(`scan ${fileWith(`pat_${'a'.repeat(49)}\n`)}`);
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  });

  test('reads standard input if no file is given', async () => {
    const secret = secretOf();
    const { code, stdout } = await runPostern('scan', { input: `x\n${secret}` });
    expect([code, stdout]).toEqual([1, `-:2:1 personal token ${secret.slice(0, 10)}…\n`]);
  });

  test.each(['utf16le', 'utf16be'])('finds secrets in %s with a byte order mark', async (encoding) => {
    const secret = secretOf();
    const bytes = Buffer.from(`\uFEFFé\n$Env:TOKEN = "${secret}"\n`, 'utf16le');
    const file = fileWith(encoding === 'utf16le' ? bytes : bytes.swap16());
    const { code, stdout } = await call(`scan ${file}`);
    expect([code, stdout]).toEqual([1, `${file}:2:15 personal token ${secret.slice(0, 10)}…`]);
  });

  test('names each file that it cannot search, searches the others, and does not exit with 0', async () => {
    const wide = fileWith(Buffer.from(secretOf(), 'utf16le'));
    const packed = fileWith(gzipSync(secretOf()));
    const wider = fileWith(
      Buffer.from([...`\uFEFF${secretOf()}`].map((each) => `${each}\0`).join(''), 'utf16le'),
    );
    const dense = fileWith(Uint8Array.from({ length: 200 }, (_, place) => 1 + ((place * 97) % 255)));
    const alone = await call(`scan ${wide}`);
    expect([alone.code, alone.stdout]).toEqual([1, '']);
    const secret = secretOf();
    const { code, stdout, stderr } = await call(
      `scan /nonexistent ${wide} ${wider} ${packed} ${dense} ${fileWith(secret)}`,
    );
    expect([code, stdout]).toEqual([1, expect.stringContaining(`personal token ${secret.slice(0, 10)}…`)]);
    expect(stderr.split('\n')).toEqual([
      '/nonexistent: cannot be read (ENOENT)',
      expect.stringContaining(`${wide}: is not UTF-8 or UTF-16 text`),
      expect.stringContaining(`${wider}: is not UTF-8 or UTF-16 text`),
      expect.stringContaining(`${packed}: is not UTF-8 or UTF-16 text`),
      expect.stringContaining(`${dense}: is not UTF-8 or UTF-16 text`),
      'postern scan: Secrets found: 1. Files that could not be searched: 5.',
    ]);
  });

  test('finds secrets in another 8-bit encoding, and in the log of a terminal', async () => {
    const secret = secretOf();
    const { code, stdout, stderr } = await call(
      `scan ${fileWith(Buffer.from(`é\x1b[31m ${secret}\n`, 'latin1'))}`,
    );
    expect([code, stdout]).toEqual([1, expect.stringContaining(`personal token ${secret.slice(0, 10)}…`)]);
    expect(stderr).toBe('postern scan: Secrets found: 1.');
  });

  test('fails if a file does not exist', async () => {
    const { code, stderr } = await call('scan /nonexistent/file');
    expect(code).toBe(1);
    expect(stderr).toContain('ENOENT');
  });

  test('reports the secrets to a server, which revokes them', async () => {
    const server = await startWire();
    const { postern } = server;
    const { secret } = await createPersonalToken(postern, postern.owner.session);
    const { code, stderr } = await call(`scan --report ${server.origin} ${fileWith(`${secret} ${secret}`)}`);
    expect([code, stderr]).toEqual([1, `postern scan: Secrets found and reported to ${server.origin}: 1.`]);
    expect((await postern.post('{ viewer { kind } }', {}, secret)).code).toBe('TOKEN_REVOKED');
    await server.stop();
  });

  test('fails if the server of a report cannot be reached', async () => {
    const server = await startWire();
    await server.stop();
    const { code, stderr } = await call(`scan --report ${server.origin} ${fileWith(secretOf())}`);
    expect([code, stderr]).toEqual([1, `postern scan: Cannot reach ${server.origin}/leaks.`]);
    expect((await call('scan --report nonsense', { input: '' })).code).toBe(2);
  });
});

describe('a text in chunks', () => {
  async function* chunksOf(text: string, size: number): AsyncGenerator<string> {
    for (let from = 0; from < text.length; from += size) yield text.slice(from, from + size);
  }

  test('is scanned as a whole, wherever it is split', async () => {
    const secrets = [secretOf(), secretOf('SESSION', 'acme_'), secretOf(), secretOf()];
    const text = `${secrets[0]}\n\nabc ${secrets[1]} x_${secrets[2]}a\n${'y'.repeat(300)}${secrets[3]}`;
    const lines = text.split('\n');
    const expected = [secrets[0], secrets[1], secrets[3]].map((secret) => {
      const line = lines.findIndex((candidate) => candidate.includes(secret as string));
      return { secret, line: line + 1, column: (lines[line]?.indexOf(secret as string) as number) + 1 };
    });
    for (let size = 1; size <= text.length; size += 1) {
      const found = [];
      for await (const { secret, line, column } of scanText(chunksOf(text, size))) {
        found.push({ secret, line, column });
      }
      expect({ size, found }).toEqual({ size, found: expected });
    }
  });
});
