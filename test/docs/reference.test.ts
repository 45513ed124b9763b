import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { ERRORS } from '../../src/domain/errors.ts';

function read(page: string): string {
  return readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
}

/** Returns the texts in backquotes. */
function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}

test('docs/api.md lists every error code, with the HTTP status of those that refuse a whole request', () => {
  const rows = [...read('api.md').matchAll(/^\| (\d[^|]*) \| (`[A-Z].*) \|$/gm)];
  const listed = rows.flatMap(([, statuses = '', codes = '']) =>
    quoted(codes).map((code) => ({ code, statuses: [...statuses.matchAll(/\d+/g)].map(String) })),
  );
  expect(listed.map(({ code }) => code).sort()).toEqual(Object.keys(ERRORS).sort());
  for (const { code, statuses } of listed.filter((row) => !row.statuses.includes('200'))) {
    expect(statuses, code).toContain(`${ERRORS[code as keyof typeof ERRORS].status}`);
  }
});

test('docs/operating.md lists every command', () => {
  const page = read('operating.md');
  const rows = page.slice(page.indexOf('| command |'), page.indexOf('## TLS'));
  for (const { name } of COMMANDS) {
    const [first = '', second = ''] = name.split(' ');
    const row = rows.split('\n').find((line) => line.includes(`\`${first}`) && line.includes(second));
    expect(row, name).toBeDefined();
  }
});
