import { isIP } from 'node:net';

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
export function clientAddress(
  peer: string | null,
  forwardedFor: string | null,
  proxies: number,
): string | null {
  const forwarded = proxies > 0 ? (forwardedFor?.slice(-FORWARDED_LENGTH) ?? '') : '';
  const seen = forwarded.split(',').map((entry) => entry.trim());
  const told = seen[Math.max(0, seen.length - proxies)];
  const address = told && isIP(told) ? told : peer;
  return address === null ? null : normalise(address);
}
