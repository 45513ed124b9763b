import { readFileSync } from 'node:fs';

function readText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

function blocksIn(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter((block) => block[1] === language)
    .map((block) => block[2] as string);
}

/** Returns the code blocks of a language in a page of `docs/`, in order. Throws if there are none. */
export function codeBlocks(page: string, language: string): string[] {
  const blocks = blocksIn(readText(`docs/${page}`), language);
  if (blocks.length === 0) throw new Error(`docs/${page} has no block of ${language}`);
  return blocks;
}

/** Returns the code blocks of a language between two headings of the README, in order; `from` can be empty. Throws if a heading is missing. */
export function readmeBlocks(language: string, from: string, to: string): string[] {
  const text = readText('README.md');
  const start = from === '' ? 0 : text.indexOf(`\n## ${from}\n`);
  const end = text.indexOf(`\n## ${to}\n`);
  if (start < 0 || end < start) throw new Error(`README.md has no "${from}" before "${to}"`);
  return blocksIn(text.slice(start, end), language);
}
