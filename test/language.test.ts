import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Archaic, vague or ambiguous turns, each with plainer words for it. */
const AVOIDED: Readonly<Record<string, RegExp>> = {
  'use "anyone who", or name the person': /\bwhoever\b/i,
  'use "anything that", or name the thing': /\bwhatever\b/i,
  'use "so that … not"': /\blest\b/i,
  'use "no one", "a user" or "the caller"': /\b(?:nobody|somebody|anybody)\b/i,
  'use "again"': /\banew\b/i,
  'use "immediately", or "in one call"': /\bat once\b/i,
  'use "if there is none" or "if absent"': /\bwhere (?:there is none|that is asked)\b/i,
  'use "returns" or "reports"': /\b(?:tells|told)\b/i,
  'use "deleted" or "closed"': /\bis gone\b/i,
  'use "permanently"': /\bfor good\b/i,
  'use "can" or "is allowed to"': /\bmay (?:do|not|be|have|read|call|reach|create)\b/i,
  'use "is invalid" or "stops working"': /\b(?:dead|dies)\b/i,
  'use "keeps working"': /\bgo(?:es)? on working\b/i,
};

/** Public texts in files of their own, or in source files that contain little else. */
const FILES = [
  'README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'compose.yaml',
  'Dockerfile',
  ...filesIn('deploy'),
  '.env.example',
  'src/config.ts',
  'src/config-parsers.ts',
  'src/main.ts',
  'src/server.ts',
  'src/http/graphql/graphiql-tabs.ts',
  ...filesIn('docs').filter((file) => file.endsWith('.md')),
  ...filesIn('src/cli'),
];

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length));
}

test.each(FILES)('%s uses plain words', (file) => {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  const found = lines.flatMap((line, index) =>
    Object.entries(AVOIDED)
      .filter(([, pattern]) => pattern.test(line))
      .map(([advice]) => `${file}:${index + 1}: ${line.trim()} (${advice})`),
  );
  expect(found).toEqual([]);
});
