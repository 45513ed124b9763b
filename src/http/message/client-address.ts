import { isIP } from 'node:net';
import { isAddressWithin } from '../../domain/values/networks.ts';
import type { Logger } from '../../platform/logger.ts';
import type { HttpRequest } from './message.ts';

const UNTRUSTED_PROXY =
  'X-Forwarded-For is ignored because POSTERN_TRUST_PROXY is 0. If Postern runs behind proxies, set it to their number; otherwise all clients share the limits of one address.';

const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Returns an IP address in canonical form: IPv4-mapped IPv6 as IPv4, without a zone. */
function normalize(address: string): string {
  if (!address.includes(':')) return address;
  return IPV4_MAPPED.exec(address)?.[1] ?? address.replace(/%.*$/, '').toLowerCase();
}

/** An address as some proxies append it, with brackets or a port: `[2001:db8::1]`, `[2001:db8::1]:443`, `192.0.2.1:443`. */
const DECORATED = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/;

/** Returns the IP address of an entry of `X-Forwarded-For`, without brackets and port; `null` if it contains none. */
function parseEntry(entry: string | undefined): string | null {
  const match = DECORATED.exec(entry ?? '');
  const address = match?.[1] ?? match?.[2] ?? entry ?? '';
  return isIP(address) ? address : null;
}

/** More characters than ten proxies append. Anything before them is from the client and is not read. */
const FORWARDED_LENGTH = 1024;

function entriesOf(forwardedFor: string | null): string[] {
  const forwarded = forwardedFor?.slice(-FORWARDED_LENGTH) ?? '';
  return forwarded.split(',').map((entry) => entry.trim());
}

/**
 * Returns the address of the client behind proxies in some networks: the last address in `X-Forwarded-For`, followed by the
 * peer, that is not a proxy. If all of them are proxies, the first one counts.
 */
function clientBehind(
  networks: readonly string[],
  peer: string | null,
  forwardedFor: string | null,
): string | null {
  let address = peer === null ? null : normalize(peer);
  for (const entry of entriesOf(forwardedFor).reverse()) {
    if (!isAddressWithin(address, networks)) break;
    const before = parseEntry(entry);
    if (before === null) break;
    address = normalize(before);
  }
  return address;
}

/**
 * Returns the address of the client: the address that the outermost trusted proxy saw, or the peer of the connection. Each
 * proxy appends the address of its peer to `X-Forwarded-For`, so the entry is counted from the right. The client can forge all
 * entries before it.
 */
function clientAddress(peer: string | null, forwardedFor: string | null, proxies: number): string | null {
  const entries = entriesOf(forwardedFor);
  const address = parseEntry(entries[Math.max(0, entries.length - proxies)]) ?? peer;
  return address === null ? null : normalize(address);
}

/**
 * Returns a function that reads the client's address. It warns once if requests seem to come through a proxy that is not
 * configured, because all clients then share the address of the proxy and its limits.
 */
export function createAddressReader(
  proxies: number | readonly string[],
  logger: Logger,
): (request: HttpRequest, peer: string | null) => string | null {
  let watchesForProxy = proxies === 0;

  return (request, peer) => {
    if (typeof proxies !== 'number') return clientBehind(proxies, peer, request.header('x-forwarded-for'));
    if (proxies > 0) return clientAddress(peer, request.header('x-forwarded-for'), proxies);
    if (watchesForProxy && request.header('x-forwarded-for') !== null) {
      watchesForProxy = false;
      logger.warn(UNTRUSTED_PROXY);
    }
    return peer === null ? null : normalize(peer);
  };
}
