import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { codeBlocks } from '../support/docs.ts';
import { createPersonalToken } from '../support/tokens.ts';

// Traefik and Envoy are not packaged for Debian, so their configurations are read, and what they would ask is asked.

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

/** What a middleware or filter asks, by its name. */
function questionsIn(configuration: string): Record<string, string> {
  const found = configuration.matchAll(/\b(may-\w+):?\n(?:.*\n)*?.*?(\/verify\?[^"\n]*)/g);
  return Object.fromEntries([...found].map(([, name, question]) => [name, question]));
}

/** The methods of each router, by the middlewares that it asks. */
function traefikRouters(): Record<string, string[]> {
  const rules = TRAEFIK.matchAll(
    /rule: "(.*)"\n\s*middlewares: \[without-tricks, (may-\w+), without-secret\]/g,
  );
  return Object.fromEntries(
    [...rules].map(([, rule = '', name]) => [
      name,
      [...rule.matchAll(/Method\(`(\w+)`\)/g)].map((each) => each[1]),
    ]),
  );
}

/** The methods of each route, by the one filter that it does not disable. */
function envoyRoutes(): Record<string, string[]> {
  const routes = ENVOY.slice(ENVOY.indexOf('routes:')).split('- match:').slice(1, -1);
  return Object.fromEntries(
    routes.map((route) => {
      const asked = OPERATIONS.map((each) => `may-${each}`).filter((name) => !route.includes(`${name}:`));
      return [asked.join(), /":method"\n.*regex: "([A-Z|]+)"/.exec(route)?.[1]?.split('|') ?? []];
    }),
  );
}

let postern: TestApp;
beforeEach(async () => {
  postern = await startTestApp();
  const { workspaceId, owner } = postern;
  const operations = ['CREATE', 'READ', 'UPDATE', 'DELETE'];
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
  test('lets a token pass for the operation that it may do on every repository, and no other', async () => {
    const questions = questionsIn(configuration);
    expect(Object.keys(questions)).toEqual(OPERATIONS.map((operation) => `may-${operation}`));
    for (const held of OPERATIONS) {
      const [all, one] = [await tokenFor(held), await tokenFor(held, 'website')];
      for (const operation of OPERATIONS) {
        const path = questions[`may-${operation}`]?.replace(/wsp_[0-9a-f]{32}/, postern.workspaceId);
        const statuses = [all, one].map(async (secret) => {
          const headers = { Authorization: `Bearer ${secret}` };
          return (await postern.fetch(new Request(`http://postern.test${path}`, { headers }))).status;
        });
        expect([held, operation, ...(await Promise.all(statuses))]).toEqual([
          held,
          operation,
          held === operation ? 204 : 403,
          403,
        ]);
      }
    }
  });

  test('asks for the operation that each method means', () => {
    expect(routed()).toEqual(
      Object.fromEntries(OPERATIONS.map((operation) => [`may-${operation}`, METHODS[operation]])),
    );
  });
});
