import type { IncomingMessage } from 'node:http';

/** What is read beyond a limit, so that a client that sends somewhat too much reads its answer and keeps its connection. */
export const EXCESS_BYTES = 1024 * 1024;

/** RFC 9112, section 6.3: a request with neither has no body. */
const ANNOUNCES_BODY = /^(?:content-length|transfer-encoding)$/i;

function announcesBody(rawHeaders: readonly string[]): boolean {
  return rawHeaders.some((text, place) => place % 2 === 0 && ANNOUNCES_BODY.test(text));
}

/**
 * Closes the connection of a request once it has read more bytes of the body than these, and the body goes on. Bytes are
 * counted as they come over the network: the frames of a chunked body can be a thousand times as large as what is in them.
 */
export function closeBeyond(message: IncomingMessage, bytes: number): void {
  const { socket } = message;
  const end = socket.bytesRead + bytes;
  message.on('data', () => {
    if (socket.bytesRead > end) socket.destroy();
  });
}

/**
 * Reads on, up to a limit, while the body of a request that is being answered is still coming. Call it before the answer
 * is ended: after that, Node reads the rest without any limit.
 */
export function discardBody(message: IncomingMessage): void {
  // Node calls even a request without a body incomplete for as long as its first turn lasts.
  if (!message.complete && announcesBody(message.rawHeaders)) closeBeyond(message, EXCESS_BYTES);
}
