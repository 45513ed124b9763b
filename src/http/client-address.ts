import { isIP, isIPv6 } from 'node:net';

const IPV4_MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** An IP address as we write it: an IPv4 address that came mapped into IPv6 as itself, no zone. */
function normalise(address: string): string {
  return IPV4_MAPPED.exec(address)?.[1] ?? address.replace(/%.*$/, '').toLowerCase();
}

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
  const seen = forwardedFor?.split(',').map((entry) => entry.trim()) ?? [];
  const told = proxies > 0 ? seen[Math.max(0, seen.length - proxies)] : undefined;
  const address = told && isIP(told) ? told : peer;
  return address === null ? null : normalise(address);
}

/** What one subscriber holds, as counters see it: an IPv4 address, or an IPv6 network of 64 bits. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const filling = tail === undefined ? 0 : Math.max(0, GROUPS - left.length - right.length);
  const groups = [...left, ...Array<string>(filling).fill('0'), ...right];
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
