import { readFile } from 'node:fs/promises';
import { createVerifier } from '@postern/verify';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { customerOf, signIn } from './accounts.ts';
import { createKeys, type NewKey, OVERLAP_MS } from './keys.ts';
import { createAsk } from './postern.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The customer that is signed in, on the routes of the settings page. */
    customer: string;
  }
}

const {
  POSTERN_URL = 'http://127.0.0.1:4000',
  POSTERN_TOKEN = '',
  WORKSPACE_ID = '',
  PORT = '3000',
} = process.env;
const MINUTE = 60_000;
const PUBLIC = new URL('../public/', import.meta.url);

const keys = await createKeys(createAsk(POSTERN_URL, POSTERN_TOKEN));
const verify = createVerifier({ url: POSTERN_URL });
const service = Fastify();
service.decorateRequest('customer', '');

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
const body = (properties: object) => ({
  schema: { body: { type: 'object', required: Object.keys(properties), properties } },
});

/** Sends a new key, whose secret no cache may keep; 409 if there can be none. */
function sendNewKey(reply: FastifyReply, created: NewKey | null) {
  return created ? reply.code(201).send(created) : reply.code(409).send();
}

service.addHook('onSend', async (_request, reply) => {
  reply.header('Cache-Control', 'no-store').header('Content-Security-Policy', "default-src 'self'");
});

for (const [path, file, type] of [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/keys.js', 'keys.js', 'text/javascript'],
  ['/keys.css', 'keys.css', 'text/css'],
] as const) {
  service.get(path, async (_request, reply) => reply.type(type).send(await readFile(new URL(file, PUBLIC))));
}

service.post<{ Body: { customer: string; password: string } }>(
  '/session',
  body({ customer: text(100), password: text(100) }),
  async ({ body: { customer, password } }, reply) => {
    const cookie = signIn(customer, password);
    return cookie ? reply.header('Set-Cookie', cookie).code(204).send() : reply.code(401).send();
  },
);

// The settings page. The subject of every call is the customer that is signed in, and never one that the request names.
service.register(async (settings) => {
  settings.addHook('preHandler', async (request: FastifyRequest, reply) => {
    const customer = customerOf(request.headers.cookie);
    if (customer === null) return reply.code(401).send();
    request.customer = customer;
    return undefined;
  });
  settings.get('/keys', async ({ customer }) => ({ customer, keys: await keys.list(customer) }));
  settings.post<{ Body: { name: string } }>('/keys', body({ name: text(100) }), async (request, reply) =>
    sendNewKey(reply, await keys.create(request.customer, request.body.name)),
  );
  settings.post<{ Params: { id: string } }>('/keys/:id/replace', async ({ customer, params }, reply) =>
    sendNewKey(reply, await keys.replace(customer, params.id)),
  );
  settings.post<{ Params: { id: string } }>('/keys/:id/revoke', async ({ customer, params }, reply) => {
    const key = await keys.revoke(customer, params.id);
    return key ? { key } : reply.code(404).send();
  });
});

// The API of the product, which its customers call with their keys.
service.get<{ Params: { customer: string; number: string } }>(
  '/invoices/:customer/:number',
  async (request, reply) => {
    const { customer, number } = request.params;
    const entityId = `${customer}/${number}`;
    const check = { operation: 'READ', entityType: 'invoice', entityId, workspaceId: WORKSPACE_ID };
    const decision = await verify(request, check, { address: request.ip });
    return decision.allowed
      ? { invoice: entityId, total: 1200, readBy: decision.subject }
      : reply.code(decision.status).send({ code: decision.code });
  },
);

// Keys that were replaced while this backend did not run end before it serves.
await keys.endReplaced(0);
setInterval(() => {
  keys.endReplaced(Date.now() - 2 * OVERLAP_MS).catch((error) => {
    console.error('Replaced keys could not be revoked', error);
  });
}, MINUTE).unref();

console.log(`Listening on ${await service.listen({ port: Number(PORT), host: '127.0.0.1' })}`);
