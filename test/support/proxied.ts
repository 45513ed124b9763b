import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect, type NetConnectOpts } from 'node:net';
import { onTestFinished } from 'vitest';

/** A response that came through a proxy. */
export interface Proxied {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request to a proxy. Header names are sent as they are written. */
export interface ProxiedRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export type Send = (path: string, options?: ProxiedRequest) => Promise<Proxied>;

/** The address that a proxy listens on. */
export type ProxyAddress = { readonly socketPath: string } | { readonly port: number };

/** Sends requests to a proxy. Paths are sent as they are written. */
export function sender(address: ProxyAddress): Send {
  return async (path, { method = 'GET', headers = {}, body } = {}) => {
    const target = { ...address, path, method, headers: { Host: 'service.test', ...headers } };
    const outgoing = request({ ...target, agent: false });
    outgoing.end(body);
    const [answer] = await once(outgoing, 'response');
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() };
  };
}

/** Whether a server accepts connections at an address. */
export async function listens(address: ProxyAddress): Promise<boolean> {
  const target: NetConnectOpts =
    'port' in address ? { host: '127.0.0.1', port: address.port } : { path: address.socketPath };
  const connection = connect(target);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}

/** What a service behind a proxy received. */
export interface Reached {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Starts a service that responds with what it received; returns its port. */
export async function startEcho(): Promise<number> {
  const service = createServer({ maxHeaderSize: 64 * 1024 }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  onTestFinished(() => {
    service.closeAllConnections();
    service.close();
  });
  return (service.address() as AddressInfo).port;
}
