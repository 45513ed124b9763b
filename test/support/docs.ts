import { readFileSync } from 'node:fs';

/** The code blocks of a language in a page of `docs/`, in their order. Throws where there is none. */
export function codeBlocks(page: string, language: string): string[] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter((block) => block[1] === language)
    .map((block) => block[2] as string);
  if (blocks.length === 0) throw new Error(`docs/${page} has no block of ${language}`);
  return blocks;
}
