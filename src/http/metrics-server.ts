import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import { discardBody } from './node/unread-body.ts';

/** Metrics on a port of their own, which the world that sends requests need not reach. */
export interface MetricsServer {
  /** Starts to accept connections; tells the port, which the system chose for 0. Rejects where it cannot. */
  listen(port: number, host: string): Promise<number>;
  close(): void;
}

/** A server of `/metrics` alone. */
export function createMetricsServer(metrics: Metrics): MetricsServer {
  const server = createServer(async (message, outgoing) => {
    const { method, url } = message;
    discardBody(message);
    if (method !== 'GET' || url !== '/metrics') {
      outgoing.writeHead(404).end();
      return;
    }
    const text = await metrics.read();
    outgoing.writeHead(200, { 'Content-Type': metrics.contentType }).end(text);
  });

  return {
    async listen(port, host) {
      server.listen(port, host);
      await once(server, 'listening');
      // Alone, it is no reason for the process to live.
      server.unref();
      return (server.address() as AddressInfo).port;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
