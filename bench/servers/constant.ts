import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { reportCpu } from './measured.ts';

// What node:http itself costs: a POST whose JSON is parsed, and a GET without a body.
const ANSWER = JSON.stringify({
  data: { viewer: { kind: 'PERSONAL_TOKEN', token: { id: 'tok_0', name: 'ci' } } },
});

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(204, { 'X-Principal': 'PERSONAL_TOKEN', 'X-User': 'usr_0', 'X-Token': 'tok_0' });
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
server.listen(0, '127.0.0.1', () => reportCpu((server.address() as AddressInfo).port));
