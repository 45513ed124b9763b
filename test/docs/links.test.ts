import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'test/README.md',
  'packages/verify/README.md',
  ...readdirSync(join(ROOT, 'examples')).map((name) => `examples/${name}/README.md`),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Pages whose `src` is the reader's own project. */
const OTHER_PROJECTS = ['docs/hooks.md'];

const FOLDERS = 'bench|db|deploy|docs|examples|packages|scripts|src|test|web';

function read(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] as string);
}

/** Returns the anchors of the headings of a page, as GitHub names them. */
function anchorsOf(page: string): string[] {
  return matches(read(page), /^#+ (.*)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(PAGES)('every file that %s names exists', (page) => {
  const text = read(page);
  const named = new RegExp(`\`((?:${FOLDERS})/[\\w./-]+)\``, 'g');
  const paths = OTHER_PROJECTS.includes(page) ? [] : matches(text, named);
  const links = matches(text, /\]\((?!https?:|#)([^)#]+)[^)]*\)/g);
  // A page names paths from the root of the repository, or of its own project.
  const inProject = (path: string) => existsSync(join(ROOT, dirname(page), path));
  expect(links.filter((path) => !inProject(path))).toEqual([]);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)) && !inProject(path))).toEqual([]);
});

test.each(PAGES)('every heading that %s links to exists', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)];
  const missing = links.filter(([, file = '', anchor = '']) => {
    const target = file === '' ? page : join(dirname(page), file);
    return !anchorsOf(target).includes(anchor);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});

test('the index lists every page', () => {
  const index = read('docs/README.md');
  const pages = readdirSync(join(ROOT, 'docs')).filter(
    (name) => name.endsWith('.md') && name !== 'README.md',
  );
  expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([]);
});
