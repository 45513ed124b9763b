import type { IncomingMessage } from 'node:http';

/** Bytes of a body that are read, so that a client that sends slightly too much can read its response. */
const MOST_BYTES = 1024 * 1024;

/** A request that has arrived. */
export interface Arrival {
  readonly message: IncomingMessage;
  /** The bytes that its connection had read when it arrived. */
  readonly start: number;
}

/**
 * Closes the connection of a request when more than `MOST_BYTES` of its body have arrived. Counts bytes on the network, because
 * the framing of a chunked body can be a thousand times as large as its content.
 */
export function boundBody({ message, start }: Arrival): void {
  const { socket } = message;
  message.on('data', () => {
    if (socket.bytesRead > start + MOST_BYTES) socket.destroy();
  });
}

/**
 * Bounds what is read of a body that is still arriving when the response is sent. Call it before the response ends, because
 * Node then reads the rest without a limit.
 */
export function discardBody(arrival: Arrival): void {
  if (!arrival.message.complete) boundBody(arrival);
}
