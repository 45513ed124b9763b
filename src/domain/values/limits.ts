import { badInput, type InputIssue } from '../errors.ts';
import { isBlockWithin, parseBlock } from './networks.ts';

/** What limits the requests of a token. A part that is `null` limits nothing. */
export interface TokenLimits {
  /** CIDR blocks that a request must come from. */
  readonly networks: readonly string[] | null;
  /** The most requests in a minute, for each server process. */
  readonly requestsPerMinute: number | null;
  /** The most uses in total. */
  readonly uses: number | null;
}

/** The limits of a token as a caller requests them. */
export interface LimitsRequest {
  readonly networks?: readonly string[] | null;
  readonly requestsPerMinute?: number | null;
  readonly uses?: number | null;
}

const NETWORKS_MAX = 64;

type Path = InputIssue['path'];

function parseNetworks(blocks: readonly string[], path: Path): string[] {
  if (blocks.length === 0 || blocks.length > NETWORKS_MAX) {
    throw badInput(path, `must have 1 to ${NETWORKS_MAX} networks`);
  }
  return [...new Set(blocks.map((block, index) => parseBlock(block, [...path, index])))];
}

/** Returns the requested limits; `null` if they limit nothing. Throws `BAD_USER_INPUT`. */
export function parseLimits(request: LimitsRequest | null | undefined, path: Path): TokenLimits | null {
  const networks = request?.networks == null ? null : parseNetworks(request.networks, [...path, 'networks']);
  return orNull({
    networks,
    requestsPerMinute: request?.requestsPerMinute ?? null,
    uses: request?.uses ?? null,
  });
}

function orNull(limits: TokenLimits): TokenLimits | null {
  const { networks, requestsPerMinute, uses } = limits;
  return networks === null && requestsPerMinute === null && uses === null ? null : limits;
}

/** Returns whether limits allow nothing that `bounds` do not allow. */
export function isWithinLimits(limits: TokenLimits | null, bounds: TokenLimits | null): boolean {
  if (bounds === null) return true;
  const isAtMost = (value: number | null | undefined, most: number | null) =>
    most === null || (value != null && value <= most);
  const { networks: outer } = bounds;
  const isInside = outer === null || limits?.networks?.every((block) => isBlockWithin(block, outer)) === true;
  return (
    isInside &&
    isAtMost(limits?.requestsPerMinute, bounds.requestsPerMinute) &&
    isAtMost(limits?.uses, bounds.uses)
  );
}

/** Returns the limits with each part that is absent taken from `bounds`. */
export function inheritLimits(limits: TokenLimits | null, bounds: TokenLimits | null): TokenLimits | null {
  if (bounds === null) return limits;
  return {
    networks: limits?.networks ?? bounds.networks,
    requestsPerMinute: limits?.requestsPerMinute ?? bounds.requestsPerMinute,
    uses: limits?.uses ?? bounds.uses,
  };
}

/** Returns the networks that lie in both of two lists of blocks; `null` limits nothing. */
export function commonNetworks(
  a: readonly string[] | null,
  b: readonly string[] | null,
): readonly string[] | null {
  if (a === null || b === null) return a ?? b;
  return [...new Set([...a.filter((x) => isBlockWithin(x, b)), ...b.filter((x) => isBlockWithin(x, a))])];
}
