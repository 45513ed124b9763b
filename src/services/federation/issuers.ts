import { readFile } from 'node:fs/promises';
import { HOUR } from '../../domain/duration.ts';
import type { FederationIssuer } from '../../domain/federation/federation.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { createProviderFetch } from '../identity/provider-fetch.ts';
import { createProviderKeys, fetchDocument } from '../identity/provider-keys.ts';
import { describeProviderError } from '../identity/provider-problem.ts';
import { createAddressCheck, createIssuerConnector } from './issuer-connections.ts';
import { createSubjectTokens, type OpenIssuer, type SubjectTokens } from './subject-tokens.ts';

/** How long the address of the keys is used before it is read again. */
const METADATA_LIFETIME = HOUR;

/** The issuers that the operator lists. */
export interface OpenIssuers {
  readonly subjectTokens: SubjectTokens;
  /** Closes idle connections. */
  close(): Promise<void>;
}

/** Returns the address of the keys in the metadata of an issuer (OpenID Connect Discovery, section 4). Throws. */
function keysAddressIn(text: string, issuer: string): string {
  const metadata = JSON.parse(text) as Record<string, unknown>;
  const { jwks_uri: uri } = metadata;
  if (metadata.issuer !== issuer || typeof uri !== 'string' || !URL.canParse(uri)) {
    throw new Error('the metadata of an issuer are not usable');
  }
  if (!uri.startsWith('https:') && !issuer.startsWith('http:')) {
    throw new Error('the metadata have no secure address of the keys');
  }
  return uri;
}

/** Returns what reads the keys of an issuer from its own address. */
function createRemoteKeys({ issuer }: FederationIssuer, clock: Clock) {
  const { fetch, close } = createProviderFetch(createIssuerConnector(createAddressCheck(issuer)));
  let known: { readonly address: string; readonly until: number } | null = null;

  async function locate(): Promise<string> {
    if (known && clock() < known.until) return known.address;
    const metadata = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const address = keysAddressIn(await fetchDocument(metadata, fetch), issuer);
    known = { address, until: clock() + METADATA_LIFETIME };
    return address;
  }

  return {
    async read() {
      const address = await locate();
      try {
        return await fetchDocument(address, fetch);
      } catch (error) {
        known = null;
        throw error;
      }
    },
    close,
  };
}

/** Opens the issuers of federations. Nothing is fetched before the first token of an issuer. */
export function openIssuers(
  issuers: readonly FederationIssuer[],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): OpenIssuers {
  const closers: (() => Promise<void>)[] = [];

  function open(configured: FederationIssuer): OpenIssuer {
    const { id, issuer, keysFile } = configured;
    const remote = keysFile === null ? createRemoteKeys(configured, clock) : null;
    if (remote) closers.push(remote.close);
    const keys = createProviderKeys({
      read: remote ? remote.read : () => readFile(keysFile ?? '', 'utf8'),
      clock,
      onFailure: (error) =>
        logger.warn(
          { issuer: id, ...describeProviderError(error) },
          'the keys of an issuer of federations could not be read',
        ),
    });
    return { issuer, keys };
  }

  const subjectTokens = createSubjectTokens(issuers.map(open), clock);
  return {
    subjectTokens,
    async close() {
      await Promise.all(closers.map((close) => close()));
    },
  };
}
