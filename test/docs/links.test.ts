import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] as string);
}

/** Pages whose `src` is the reader's own project. */
const OTHER_PROJECTS = ['docs/hooks.md'];

test.each(PAGES)('every file that %s names exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const sources = OTHER_PROJECTS.includes(page) ? [] : matches(text, /`(src\/[\w./-]+)`/g);
  const links = matches(text, /\]\((?!https?:|#)([^)#]+)[^)]*\)/g).map((link) => join(dirname(page), link));
  expect([...sources, ...links].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('the index lists every page', () => {
  const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
  const pages = readdirSync(join(ROOT, 'docs')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([]);
});
