import { connect, createServer, type Socket } from 'node:net';

/** A line between two processes that can be cut. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks what is connected and takes no more, until it is mended. */
  cut(): void;
  mend(): void;
  close(): void;
}

/** Starts a line from a free port of 127.0.0.1 to another port there. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let whole = true;

  function keep(socket: Socket, other: Socket): void {
    sockets.add(socket);
    // A broken line is what this is for: each end learns of it by the end of its own.
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
