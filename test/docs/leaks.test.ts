import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeSecret, SECRET_TAGS, type SecretKind } from '../../src/domain/secret.ts';
import { codeBlocks } from '../support/docs.ts';
import { createProject, type Project } from '../support/example.ts';
import { seededRandom } from '../support/random.ts';

const random = seededRandom(5);

/** Secrets of every kind, with and without a prefix. */
const SECRETS = (Object.keys(SECRET_TAGS) as SecretKind[]).flatMap((kind) =>
  ['', 'acme_'].map((prefix) =>
    composeSecret(
      kind,
      Uint8Array.from({ length: 32 }, () => random.below(256)),
      prefix,
    ),
  ),
);

describe.each([
  ['gitleaks', 'toml', /^regex = '''(.*)'''$/m],
  ['trufflehog', 'yaml', /^ +secret: '(.*)'$/m],
])('the rule for %s', (_, language, line) => {
  const [rule = ''] = codeBlocks('leaks.md', language);
  const pattern = new RegExp(line.exec(rule)?.[1] as string);

  test('matches every secret completely, in any context', () => {
    for (const secret of SECRETS) {
      for (const text of [secret, `TOKEN=${secret}\n`, `"${secret}",`, `https://${secret}@host`]) {
        expect(pattern.exec(text)?.[0]).toBe(secret);
      }
    }
  });

  test('does not match longer or shorter texts, or other kinds', () => {
    for (const secret of SECRETS) {
      for (const text of [
        `${secret}x`,
        secret.slice(0, -1),
        secret.replace(/(pat|wst|ses|inv|rst|scm)_/, 'abc_'),
      ]) {
        expect(pattern.test(text)).toBe(false);
      }
    }
  });

  test('has keywords that every secret contains', () => {
    const keywords = [...rule.matchAll(/\b(\w{3}_)["\n]/g)].map(([, word]) => word as string);
    expect(keywords.sort()).toEqual(
      Object.values(SECRET_TAGS)
        .map((tag) => `${tag}_`)
        .sort(),
    );
  });
});

describe('the check that is shown', () => {
  let project: Project;
  beforeAll(() => {
    project = createProject();
  });
  afterAll(() => project.remove());

  test('distinguishes secrets from texts of the same form', async () => {
    const [check = ''] = codeBlocks('leaks.md', 'js');
    project.write('check.mjs', check);
    const wrong = SECRETS.map((secret) => secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0'));
    const calls = JSON.stringify([...SECRETS, ...wrong]);
    project.write(
      'run.mjs',
      `import { isSecret } from './check.mjs';
       console.log(JSON.stringify(${calls}.map(isSecret)));`,
    );
    const { printed, stop } = await project.run('run.mjs');
    await stop();
    expect(JSON.parse(printed)).toEqual([...SECRETS.map(() => true), ...wrong.map(() => false)]);
  });
});
