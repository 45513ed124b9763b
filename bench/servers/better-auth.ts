import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openBetterAuth } from '../better-auth.ts';
import { reportServer } from '../measured.ts';

// better-auth verifies a key in its own process, so a minimal HTTP server calls it.
const [file = ''] = process.argv.slice(2);
const verify = openBetterAuth(file, false);

const server = createServer(async (request, response) => {
  const valid = await verify(String(request.headers['x-api-key']));
  response.writeHead(valid ? 204 : 401);
  response.end();
});
server.listen(0, '127.0.0.1', () => reportServer((server.address() as AddressInfo).port));
