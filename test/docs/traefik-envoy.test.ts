import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { codeBlocks } from '../support/docs.ts';
import { declared } from '../support/operations.ts';
import { createPersonalToken } from '../support/tokens.ts';

// Traefik and Envoy are not packaged for Debian. The tests read their configurations and send the checks that they contain.

const OPERATIONS = ['read', 'create', 'update', 'delete'];
const METHODS: Readonly<Record<string, readonly string[]>> = {
  read: ['GET', 'HEAD'],
  create: ['POST'],
  update: ['PUT', 'PATCH'],
  delete: ['DELETE'],
};

const blocks = codeBlocks('verify.md', 'yaml');
const blockWith = (text: string) => blocks.find((block) => block.includes(text)) ?? '';
const TRAEFIK = blockWith('forwardAuth');
const ENVOY = blockWith('path_override');

/** Returns the check of each middleware or filter, by its name. */
function checksIn(configuration: string): Record<string, string> {
  const found = configuration.matchAll(/\b(check-\w+):?\n(?:.*\n)*?.*?(\/verify\?[^"\n]*)/g);
  return Object.fromEntries([...found].map(([, name, check]) => [name, check]));
}

/** Returns the methods of each router, by the name of its check. */
function traefikRouters(): Record<string, string[]> {
  const rules = TRAEFIK.matchAll(
    /rule: "(.*)"\n\s*middlewares: \[remove-spoofed, (check-\w+), remove-secret\]/g,
  );
  return Object.fromEntries(
    [...rules].map(([, rule = '', name]) => [
      name,
      [...rule.matchAll(/Method\(`(\w+)`\)/g)].map((each) => each[1]),
    ]),
  );
}

/** Returns the methods of each route, by the one filter that it does not disable. */
function envoyRoutes(): Record<string, string[]> {
  const routes = ENVOY.slice(ENVOY.indexOf('routes:')).split('- match:').slice(1, -1);
  return Object.fromEntries(
    routes.map((route) => {
      const enabled = OPERATIONS.map((each) => `check-${each}`).filter((name) => !route.includes(`${name}:`));
      return [enabled.join(), /":method"\n.*regex: "([A-Z|]+)"/.exec(route)?.[1]?.split('|') ?? []];
    }),
  );
}

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
  const { workspaceId, owner } = postern;
  const operations = declared('CREATE', 'READ', 'UPDATE', 'DELETE');
  const input = { workspaceId, name: 'repository', operations };
  await mutate(postern, 'registerEntityType', input, owner.session, 'entityType { name }');
});
afterEach(() => postern.close());

async function tokenFor(operation: string, entityId?: string): Promise<string> {
  const { workspaceId, owner } = postern;
  const scope = { entityType: 'repository', workspaceId, entityId, operations: [operation.toUpperCase()] };
  return (await createPersonalToken(postern, owner.session, { access: 'SCOPED', scopes: [scope] })).secret;
}

describe.each([
  ['Traefik', TRAEFIK, traefikRouters],
  ['Envoy', ENVOY, envoyRoutes],
])('the configuration of %s in the docs', (_name, configuration, routed) => {
  test('allows a token only the operation that it has on every repository', async () => {
    const checks = checksIn(configuration);
    expect(Object.keys(checks)).toEqual(OPERATIONS.map((operation) => `check-${operation}`));
    for (const granted of OPERATIONS) {
      const [all, one] = [await tokenFor(granted), await tokenFor(granted, 'website')];
      for (const operation of OPERATIONS) {
        const path = checks[`check-${operation}`]?.replace(/wsp_[0-9a-f]{32}/, postern.workspaceId);
        const statuses = [all, one].map(async (secret) => {
          const headers = { Authorization: `Bearer ${secret}` };
          return (await postern.fetch(new Request(`http://postern.test${path}`, { headers }))).status;
        });
        expect([granted, operation, ...(await Promise.all(statuses))]).toEqual([
          granted,
          operation,
          granted === operation ? 204 : 403,
          403,
        ]);
      }
    }
  });

  test('checks the operation that each method means', () => {
    expect(routed()).toEqual(
      Object.fromEntries(OPERATIONS.map((operation) => [`check-${operation}`, METHODS[operation]])),
    );
  });
});
