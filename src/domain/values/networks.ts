import ipaddr from 'ipaddr.js';
import { badInput, type InputIssue } from '../errors.ts';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** The lowest address of a network and the number of bits that all its addresses share. */
type Network = readonly [Address, number];

/** The bits before the IPv4 address in an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2). */
const MAPPED_BITS = 96;

/** Returns an address, IPv4-mapped IPv6 as IPv4; `null` if the text is none. IPv4 has four decimal numbers, as in RFC 3986. */
function parseAddress(text: string): Address | null {
  const isAddress = text.includes(':') ? ipaddr.IPv6.isValid(text) : ipaddr.IPv4.isValidFourPartDecimal(text);
  return isAddress && !text.includes('%') ? ipaddr.process(text) : null;
}

/** Returns the network of a CIDR block or a single address; `null` if it is malformed or has bits beyond its mask. */
function parseNetwork(text: string): Network | null {
  const [host = '', mask, ...rest] = text.split('/');
  const address = parseAddress(host);
  if (!address || rest.length > 0) return null;
  const isIpv4 = address.kind() === 'ipv4';
  const most = isIpv4 ? 32 : 128;
  if (mask === undefined) return [address, most];
  const bits = /^\d{1,3}$/.test(mask) ? Number(mask) - (isIpv4 && host.includes(':') ? MAPPED_BITS : 0) : -1;
  if (bits < 0 || bits > most) return null;
  return isLowest(address, bits) ? [address, bits] : null;
}

function isLowest(address: Address, bits: number): boolean {
  const bytes = address.toByteArray();
  return bytes.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - 8 * index));
    return (byte & (0xff >> kept)) === 0;
  });
}

function toText([address, bits]: Network): string {
  return `${address.toString()}/${bits}`;
}

function contains([network, bits]: Network, address: Address): boolean {
  return network.kind() === address.kind() && address.match(network as never, bits);
}

/** The parsed networks of lists of blocks. A request checks the same lists as the one before. */
const PARSED = new WeakMap<readonly string[], readonly Network[]>();

/** Returns the networks of stored blocks. Throws an `Error` if one is malformed, because then the limit is unknown. */
function networksOf(blocks: readonly string[]): readonly Network[] {
  const cached = PARSED.get(blocks);
  if (cached) return cached;
  const networks = blocks.map((block) => {
    const network = parseNetwork(block);
    if (!network) throw new Error('a stored network is malformed');
    return network;
  });
  PARSED.set(blocks, networks);
  return networks;
}

/**
 * Returns a CIDR block in canonical form; a single address becomes a block of one. IPv4-mapped IPv6 becomes IPv4. Throws
 * `BAD_USER_INPUT`.
 */
export function parseBlock(text: string, path: InputIssue['path']): string {
  const network = text.length <= 64 ? parseNetwork(text) : null;
  if (!network) {
    throw badInput(
      path,
      'must be an IP address or a CIDR block without bits beyond its mask, such as 192.0.2.0/24',
    );
  }
  return toText(network);
}

/** Returns whether an address is in one of the blocks. An unknown or malformed address is in none. */
export function isAddressWithin(address: string | null, blocks: readonly string[]): boolean {
  const parsed = address === null ? null : parseAddress(address);
  return parsed !== null && networksOf(blocks).some((network) => contains(network, parsed));
}

/** Returns whether every address of a block is in one of the other blocks. */
export function isBlockWithin(block: string, blocks: readonly string[]): boolean {
  const [address, bits] = networksOf([block])[0] as Network;
  return networksOf(blocks).some((outer) => outer[1] <= bits && contains(outer, address));
}
