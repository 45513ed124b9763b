import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENVIRONMENT } from '../../src/config.ts';
import { createMetricsServer } from '../../src/http/metrics-server.ts';
import { createNodeServer } from '../../src/http/node/server.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp({ POSTERN_METRICS_PORT: '0' });
});
afterEach(() => postern.close());

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Returns the expressions of the rules and of the dashboard. */
function expressionsIn(file: string): string[] {
  const text = read(file);
  if (file.endsWith('.yaml'))
    return [...text.matchAll(/^\s*expr: (.+)$/gm)].map((match) => match[1] as string);
  const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

/** Returns the metrics and labels that a server exports. */
async function exported(): Promise<string> {
  await postern.post('{ nonsense }');
  await postern.fetch(new Request('http://postern.test/verify'));
  const metrics = createMetricsServer(postern.app.metrics as NonNullable<typeof postern.app.metrics>);
  const origin = `http://127.0.0.1:${await metrics.listen(0, '127.0.0.1')}`;
  try {
    return await (await fetch(`${origin}/metrics`)).text();
  } finally {
    metrics.close();
  }
}

describe.each(['deploy/prometheus/postern.rules.yaml', 'deploy/grafana/postern.json'])('%s', (file) => {
  test('uses only metrics and labels that the server exports', async () => {
    const text = await exported();
    const names = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1]));
    const used = expressionsIn(file).flatMap((expression) => [
      ...expression.matchAll(/\b((?:postern|nodejs|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g),
    ]);
    expect(used.length).toBeGreaterThan(5);
    for (const [, name = '', matchers = ''] of used) {
      const metric = names.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
      expect(names, name).toContain(metric);
      for (const [, label] of matchers.matchAll(/(\w+)=/g)) {
        if (label !== 'job')
          expect(text, `${name}{${label}}`).toMatch(new RegExp(`^${name}\\{[^}]*${label}="`, 'm'));
      }
    }
  });
});

test('the rules have the expressions of the table in docs/operating.md', () => {
  const page = read('docs/operating.md').replaceAll('\\|', '|');
  for (const expression of expressionsIn('deploy/prometheus/postern.rules.yaml')) {
    expect(page).toContain(expression.replaceAll('{job="postern"}', ''));
  }
});

test('the manifests set only variables that exist, and the ports and paths that the server has', () => {
  const folder = new URL('../../deploy/kubernetes/', import.meta.url);
  const text = readdirSync(folder)
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n---\n');
  const known = ENVIRONMENT.map(({ name }) => name);
  const set = [...text.matchAll(/^ {2}((?:POSTERN_\w+)|HOST|PORT|DATABASE_URL): /gm)].map(
    (match) => match[1],
  );
  expect(set.length).toBeGreaterThan(5);
  for (const name of set) expect(known).toContain(name);
  expect([...text.matchAll(/^ +path: (\/\w+)$/gm)].map((match) => match[1])).toEqual([
    '/health',
    '/health',
    '/ready',
  ]);
});

test('the Dockerfile and the compose files pin images by digest, and warnings end the build of the image', () => {
  const dockerfile = read('Dockerfile');
  expect(dockerfile).toMatch(/^# syntax=.+\n# check=error=true\n/);
  const images = [
    ...dockerfile.matchAll(/^FROM (?:--\S+ )?(\S+)/gm),
    ...['compose.yaml', 'examples/oidc/compose.yaml'].flatMap((file) => [
      ...read(file).matchAll(/^ +image: (\S+)$/gm),
    ]),
  ].map((match) => match[1]);
  expect(images.length).toBeGreaterThan(5);
  for (const image of images) expect(image).toMatch(/^[a-z./]+:v?\d\S*@sha256:[0-9a-f]{64}$/);
});

test('the scripts of the deployment are valid', () => {
  for (const name of readdirSync('deploy/compose'))
    execFileSync('sh', ['-n', join('deploy', 'compose', name)]);
});

describe('the health check of the image', () => {
  const [, check = '[]'] =
    /^HEALTHCHECK [^[]*CMD (\[.*\])$/m.exec(read('Dockerfile').replaceAll('\\\n', '')) ?? [];
  const [, ...args] = JSON.parse(check) as string[];

  async function statusOf(env: Record<string, string>): Promise<number | null> {
    const child = spawn(process.execPath, args, { env });
    await once(child, 'close');
    return child.exitCode;
  }

  test.each([
    ['0.0.0.0', '0.0.0.0'],
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', 'localhost'],
    ['::1', '::1'],
    ['::', '::'],
    ['', '127.0.0.1'],
  ])('asks the server at HOST=%s', async (HOST, host) => {
    const server = createNodeServer(postern.app, { maxConnections: 10 });
    const port = await server.listen(0, host);
    expect(await statusOf({ HOST, PORT: `${port}` })).toBe(0);
    await server.drain(100);
    expect(await statusOf({ HOST, PORT: `${port}` })).toBe(1);
  });
});
