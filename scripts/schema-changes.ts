/**
 * Prints the changes of schema.graphql since the last release, or since the revision that is given, as Markdown. Exits
 * with 1 if some are breaking.
 */
import { readFileSync } from 'node:fs';
import { git, lastTag } from './release/git.ts';
import { compareSchemas, toMarkdown } from './release/schema-changes.ts';

const revision = process.argv[2] ?? lastTag('.');
if (revision === null) {
  console.log('There is no release to compare with. Name a revision: npm run schema:changes -- REVISION');
} else {
  const changes = compareSchemas(
    git('.', 'show', `${revision}:schema.graphql`),
    readFileSync('schema.graphql', 'utf8'),
  );
  console.log(toMarkdown(changes) || `schema.graphql has not changed since ${revision}.`);
  if (changes.breaking.length > 0) process.exitCode = 1;
}
