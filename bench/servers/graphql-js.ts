import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, type DocumentNode, execute, parse, validate } from 'graphql';
import { reportServer } from '../measured.ts';

// The least that a server with graphql-js does: it executes documents, parsed and validated once, over constant objects. The
// schema is that of Postern: FILE.
const schema = buildSchema(readFileSync(process.argv[2] ?? '', 'utf8'));

const TOKEN = {
  id: 'tok_01890a5d7c2b7f3e8a4b5c6d7e8f9a0b',
  name: 'ci',
  identifier: 'ada_k3x9f2m1q8',
  maskedSecret: 'pat_…9f2m1q',
  access: 'SCOPED',
  status: 'ACTIVE',
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2030-01-01T00:00:00.000Z',
  lastUsedAt: null,
  role: null,
};
const DATA = {
  viewer: { kind: 'PERSONAL_TOKEN', token: TOKEN },
  tokens: { nodes: Array.from({ length: 20 }, (_, n) => ({ ...TOKEN, name: `ci ${n}` })) },
};
const documents = new Map<string, DocumentNode>();

function documentOf(query: string): DocumentNode {
  const known = documents.get(query);
  if (known) return known;
  const document = parse(query);
  const [error] = validate(schema, document);
  if (error) throw error;
  documents.set(query, document);
  return document;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', async () => {
    const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { query: string };
    const result = await execute({ schema, document: documentOf(query), rootValue: DATA });
    const body = JSON.stringify(result);
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => reportServer((server.address() as AddressInfo).port));
