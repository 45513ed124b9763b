import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { SECOND } from '../../domain/duration.ts';
import { isAddressWithin } from '../../domain/values/networks.ts';

/** Addresses that no issuer has: unspecified, link-local (with the metadata services of clouds), multicast and reserved ones. */
const NEVER = ['0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/128', 'fe80::/10', 'ff00::/8'];
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
/** Addresses of internal networks (RFC 1918, RFC 6598, RFC 4193). */
const INTERNAL = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

const CONNECT_TIMEOUT_MS = 5 * SECOND;

/** Throws if no connection for an issuer can lead from a host to an address. */
export type AddressCheck = (host: string, address: string) => void;

/**
 * Returns the check of the addresses to which requests for an issuer lead. The issuer itself can be in an internal network, since
 * the operator names it. Its metadata can name another host, which is in an internal network only if the issuer is. Loopback
 * addresses are for an issuer on one.
 */
export function createAddressCheck(issuer: string): AddressCheck {
  const own = new URL(issuer).hostname.replace(/^\[|\]$/g, '');
  const isLoopback = own === 'localhost' || isAddressWithin(own, LOOPBACK);
  let isInternal = false;

  return (host, address) => {
    const isRefused =
      isIP(address) === 0 ||
      isAddressWithin(address, NEVER) ||
      (isAddressWithin(address, LOOPBACK) && !isLoopback);
    if (isRefused) throw new Error('an address of an issuer is not allowed');
    if (!isAddressWithin(address, INTERNAL)) return;
    if (host === own) isInternal = true;
    if (!isInternal) throw new Error('an issuer leads to an internal network');
  };
}

/** Returns what opens the connections for an issuer, to the addresses that were checked: a name is not resolved again after. */
export function createIssuerConnector(check: AddressCheck): buildConnector.connector {
  const lookUp: LookupFunction = (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      try {
        if (error) throw error;
        for (const { address } of found) check(host, address);
        const [first] = found;
        if (options.all || !first) done(null, found);
        else done(null, first.address, first.family);
      } catch (refusal) {
        done(refusal as Error, []);
      }
    });
  };
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: lookUp });
  return (options, done) => {
    try {
      if (isIP(options.hostname) !== 0) check(options.hostname, options.hostname);
      connect(options, done);
    } catch (error) {
      done(error as Error, null);
    }
  };
}
