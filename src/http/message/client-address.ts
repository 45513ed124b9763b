import { isIP } from 'node:net';
import type { Logger } from '../../platform/logger.ts';
import type { HttpRequest } from './message.ts';

const UNTRUSTED_PROXY =
  'X-Forwarded-For is ignored because POSTERN_TRUST_PROXY is 0. If a proxy stands in front, set it to the number of proxies: until then, all clients share the limits of one address.';

const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IP address as we write it: an IPv4 address that came mapped into IPv6 as itself, no zone. */
function normalise(address: string): string {
  if (!address.includes(':')) return address;
  return IPV4_MAPPED.exec(address)?.[1] ?? address.replace(/%.*$/, '').toLowerCase();
}

/** More than ten proxies append. Whatever stands further left is the client's own, and is not read. */
const FORWARDED_LENGTH = 1024;

/**
 * The address of the client: the other end of the connection or, behind `proxies` of our own, what the outermost of
 * them saw. Each proxy appends the address of whoever called it to `X-Forwarded-For`, so it is that many entries from
 * the right; whatever stands further left, the client may have invented.
 */
function clientAddress(peer: string | null, forwardedFor: string | null, proxies: number): string | null {
  const forwarded = proxies > 0 ? (forwardedFor?.slice(-FORWARDED_LENGTH) ?? '') : '';
  const seen = forwarded.split(',').map((entry) => entry.trim());
  const told = seen[Math.max(0, seen.length - proxies)];
  const address = told && isIP(told) ? told : peer;
  return address === null ? null : normalise(address);
}

/**
 * A reader of the client's address of each request. Warns once if a proxy seems to stand in front that is not configured:
 * all clients would share its address, and with it every limit by address.
 */
export function createAddressReader(
  proxies: number,
  logger: Logger,
): (request: HttpRequest, peer: string | null) => string | null {
  let watchesForProxy = proxies === 0;

  return (request, peer) => {
    if (proxies > 0) return clientAddress(peer, request.header('x-forwarded-for'), proxies);
    if (watchesForProxy && request.header('x-forwarded-for') !== null) {
      watchesForProxy = false;
      logger.warn(UNTRUSTED_PROXY);
    }
    return clientAddress(peer, null, 0);
  };
}
