import { connect, createServer, type Socket } from 'node:net';

/** A TCP connection between two processes that a test can cut. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks open connections and accepts no more until `mend`. */
  cut(): void;
  mend(): void;
  close(): void;
}

/** Forwards a free port of 127.0.0.1 to another port there. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let whole = true;

  function keep(socket: Socket, other: Socket): void {
    sockets.add(socket);
    // A broken connection is the purpose: each side notices it by the end of its own socket.
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    socket.pipe(other);
  }

  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect(target, '127.0.0.1');
    keep(near, far);
    keep(far, near);
  });
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      whole = false;
      breakAll();
    },
    mend() {
      whole = true;
    },
    close() {
      server.close();
      breakAll();
    },
  };
}
