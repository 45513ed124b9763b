import type { IncomingMessage } from 'node:http';

/** Bytes that are read beyond a limit, so that a client that sends slightly too much can read its response. */
export const EXCESS_BYTES = 1024 * 1024;

/**
 * Closes the connection of a request when more than `bytes` of its body have arrived. Counts bytes on the network, because
 * the framing of a chunked body can be a thousand times as large as its content.
 */
export function closeBeyond(message: IncomingMessage, bytes: number): void {
  const { socket } = message;
  const end = socket.bytesRead + bytes;
  message.on('data', () => {
    if (socket.bytesRead > end) socket.destroy();
  });
}

/**
 * Bounds what is read of a body that is still arriving when the response is sent. Call it before the response ends, because
 * Node then reads the rest without a limit.
 */
export function discardBody(message: IncomingMessage): void {
  if (!message.complete) closeBeyond(message, EXCESS_BYTES);
}
