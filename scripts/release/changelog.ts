const UNRELEASED = '## Unreleased\n';

/**
 * Returns a changelog in which the entries under "Unreleased" belong to a version with its date, followed by the changes of
 * the schema, if there are some. Throws if there are no entries.
 */
export function releaseChangelog(changelog: string, version: string, date: string, schema: string): string {
  const start = changelog.indexOf(UNRELEASED);
  if (start < 0) throw new Error('CHANGELOG.md has no section "Unreleased".');
  const rest = changelog.slice(start + UNRELEASED.length);
  const length = rest.search(/^## /m);
  const entries = (length < 0 ? rest : rest.slice(0, length)).trim();
  const older = length < 0 ? '' : `\n${rest.slice(length)}`;
  if (entries === '') throw new Error('CHANGELOG.md has no entries under "Unreleased".');
  const parts = [entries, ...(schema === '' ? [] : ['### Schema', schema])];
  return `${changelog.slice(0, start)}${UNRELEASED}\n## ${version} - ${date}\n\n${parts.join('\n\n')}\n${older}`;
}
