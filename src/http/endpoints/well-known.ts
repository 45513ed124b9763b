import { SECRET_TAGS, type SecretKind } from '../../domain/secret.ts';
import type { HttpRequest } from '../message/message.ts';
import { readOnly } from '../message/methods.ts';
import { jsonResponse } from '../message/responses.ts';
import type { Endpoint } from '../request-context.ts';
import { DEVICE_CODE_GRANT } from './device.ts';
import { TOKEN_EXCHANGE_GRANT } from './token-exchange.ts';

const ABOUT: Readonly<Record<SecretKind, string>> = {
  PERSONAL: 'personal access token',
  WORKSPACE: 'workspace token',
  SESSION: 'session of a signed-in person',
  INVITATION: 'invitation to a workspace',
  RESET: 'link that resets a password or signs in',
  DIRECTORY: 'SCIM credential of a directory',
};

/** Creates the endpoint of the authorization server metadata (RFC 8414). */
export function createServerMetadata(issuerOf: (request: HttpRequest) => string): Endpoint {
  return readOnly(async (request) => {
    const issuer = issuerOf(request);
    return jsonResponse({
      issuer,
      response_types_supported: [],
      grant_types_supported: [DEVICE_CODE_GRANT, TOKEN_EXCHANGE_GRANT],
      device_authorization_endpoint: `${issuer}/oauth/device_authorization`,
      token_endpoint: `${issuer}/oauth/token`,
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint: `${issuer}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: ['Bearer', 'client_secret_basic', 'client_secret_post'],
      revocation_endpoint: `${issuer}/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    });
  });
}

/** Creates the endpoint for secret scanners: the pattern of each kind of secret, its checksum, and where to report one. */
export function createTokenPatterns(prefix: string, issuerOf: (request: HttpRequest) => string): Endpoint {
  const kinds = Object.entries(SECRET_TAGS).map(([kind, tag]) => ({
    kind,
    about: ABOUT[kind as SecretKind],
    pattern: `\\b${prefix}${tag}_[0-9A-Za-z]{49}\\b`,
  }));
  const pattern = `\\b${prefix}(?:${Object.values(SECRET_TAGS).join('|')})_[0-9A-Za-z]{49}\\b`;
  return readOnly(async (request) =>
    jsonResponse({
      pattern,
      kinds,
      checksum: {
        algorithm: 'CRC-32/ISO-HDLC',
        input: 'every character but the last 6, as ASCII',
        output: 'the last 6 characters: the number in base 62, left-padded with 0',
        alphabet: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      },
      report: `${issuerOf(request)}/leaks`,
    }),
  );
}
