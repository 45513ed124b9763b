import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportServer } from '../measured.ts';

// The cost of node:http itself: a POST whose JSON is parsed, and a GET with a response of headers only, as many as those of
// Postern's /verify and about as long.
const ANSWER = JSON.stringify({
  data: {
    viewer: { kind: 'PERSONAL_TOKEN', token: { id: 'tok_01890a5d7c2b7f3e8a4b5c6d7e8f9a0b', name: 'ci' } },
  },
});
const HEADERS = {
  'X-Postern-Principal': 'PERSONAL_TOKEN',
  'X-Postern-User': 'usr_01890a5d7c2b7f3e8a4b5c6d7e8f9a0b',
  'X-Postern-Email': 'user0@example.com',
  'X-Postern-Token': 'tok_01890a5d7c2b7f3e8a4b5c6d7e8f9a0b',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'X-Request-Id': '01890a5d-7c2b-7f3e-8a4b-5c6d7e8f9a0b',
};

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(204, HEADERS);
    response.end();
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString());
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': ANSWER.length });
    response.end(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => reportServer((server.address() as AddressInfo).port));
