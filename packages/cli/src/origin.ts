import { failure } from './failure.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Returns the origin of a server's address. Only https is accepted, except for this machine, because a secret is sent there.
 * Throws a failure of usage.
 */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw failure('usage', `${text} is not the address of a server, such as https://postern.example.`);
  }
  if (
    url.username !== '' ||
    url.password !== '' ||
    url.pathname !== '/' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw failure('usage', 'Name the server by its origin alone, such as https://postern.example.');
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    throw failure(
      'usage',
      `${url.origin} is not encrypted. Use https; http is accepted only for this machine.`,
    );
  }
  return url.origin;
}
