import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Archaic, vague or ambiguous phrases, each with plainer words for it. */
const AVOIDED: Readonly<Record<string, RegExp>> = {
  'use "anyone who", or name the person': /\b(?:whoever|whom)\b/i,
  'use "anything that", or name the thing': /\bwhatever\b/i,
  'use "so that … not"': /\blest\b/i,
  'use "no one", "a user" or "the caller"': /\b(?:nobody|somebody|anybody)\b/i,
  'use "again"': /\banew\b/i,
  'use "immediately", "together" or "in one call"': /\bat once\b/i,
  'use "if there is none" or "if absent"': /\bwhere there (?:is|are) (?:none|one|some|any)\b/i,
  'use "returns" or "reports"': /\b(?:tells|told)\b/i,
  'use "deleted" or "closed"': /\b(?:is|are) gone\b/i,
  'use "permanently"': /\bfor good\b/i,
  'use "can" or "is allowed to"': /\bmay (?:do|read|call|reach|create|see|list)\b/i,
  'use "authorize" or "decide"': /\bjudg(?:e|es|ed|ing|ement)\b/i,
  'use "is invalid" or "stops working"': /\b(?:dead|dies)\b/i,
  'use "keeps working"': /\bgo(?:es)? on working\b/i,
  'name the owner': /\bof ours\b/i,
};

/** Files and folders whose texts people read. */
const TEXTS = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['.env.example', 'compose.yaml', 'Dockerfile', 'package.json', 'schema.graphql'],
  ...[
    '.ci',
    '.github',
    'bench',
    'db',
    'deploy',
    'docs',
    'examples',
    'packages',
    'scripts',
    'src',
    'test',
    'web',
  ],
];

/** This file, generated code and files that are not text. */
const IGNORED = /^test\/language\.test\.ts$|\/generated\/|(?:^|\/)LICENSE$|\.(?:png|ico|svg|woff2|db|c)$/;

function filesIn(path: string): string[] {
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && entry.name !== 'node_modules' && entry.name !== 'dist'
      ? filesIn(`${path}/${entry.name}`)
      : entry.isFile()
        ? [`${path}/${entry.name}`]
        : [],
  );
}

function findAvoided(file: string): string[] {
  return readFileSync(join(ROOT, file), 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      Object.entries(AVOIDED)
        .filter(([, pattern]) => pattern.test(line))
        .map(([advice]) => `${file}:${index + 1}: ${line.trim()} (${advice})`),
    );
}

test('documents, sources and tests use plain words', () => {
  const files = TEXTS.flatMap(filesIn).filter((file) => !IGNORED.test(file));
  expect(files.length).toBeGreaterThan(100);
  expect(files.flatMap(findAvoided)).toEqual([]);
});
