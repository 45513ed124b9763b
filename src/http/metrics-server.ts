import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import { discardBody } from './node/unread-body.ts';

/** Serves the metrics on a separate port, which need not be public. */
export interface MetricsServer {
  /** Starts to accept connections. Resolves to the port; 0 lets the system choose one. Rejects if it cannot listen. */
  listen(port: number, host: string): Promise<number>;
  close(): void;
}

/** Creates a server for `/metrics`. */
export function createMetricsServer(metrics: Metrics): MetricsServer {
  const server = createServer(async (message, outgoing) => {
    const { method, url } = message;
    discardBody({ message, start: message.socket.bytesRead });
    if (!['GET', 'HEAD'].includes(method ?? '') || !/^\/metrics\/?(?:\?|$)/.test(url ?? '')) {
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
      // This server must not keep the process running.
      server.unref();
      return (server.address() as AddressInfo).port;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
