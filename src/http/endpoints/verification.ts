import type { Config } from '../../config.ts';
import type { Services } from '../../services/services.ts';
import { createClientAuthenticator, createHeaderAuthenticator } from '../auth/authenticate.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import type { HttpRequest } from '../message/message.ts';
import type { Endpoint } from '../request-context.ts';
import { createDeviceAuthorizationEndpoint, createTokenEndpoint } from './device.ts';
import { createLeaksEndpoint } from './leaks.ts';
import { createIntrospectionEndpoint, createRevocationEndpoint } from './oauth.ts';
import { createVerifyEndpoint } from './verify.ts';
import { createServerMetadata, createTokenPatterns } from './well-known.ts';

/** The dependencies of the endpoints for other services. */
export interface VerificationParts {
  readonly config: Pick<Config, 'publicUrl' | 'secretPrefix' | 'credentialHeaders'>;
  readonly limits: RateLimits;
  readonly services: Services;
}

/** Returns the endpoints for other services, by path: for proxies, resource servers and secret scanners. None uses GraphQL. */
export function createVerificationRoutes(parts: VerificationParts): readonly (readonly [string, Endpoint])[] {
  const { config, limits, services } = parts;
  const { authenticate } = services.authentication;
  const readSecret = services.secretReader.read;
  const { credentialHeaders } = config;
  const readJwt = services.jwtSessions?.read ?? null;
  const authenticator = { authenticate, readSecret, readJwt, limits, credentialHeaders };
  const authenticateRequest = createHeaderAuthenticator(authenticator);
  const issuerOf = ({ url }: HttpRequest) => config.publicUrl ?? url.origin;
  const authenticateClient = createClientAuthenticator(
    authenticator,
    (origin, request) => origin === issuerOf(request),
  );
  const oauth = { authenticateClient, limits, services, issuerOf };
  return [
    ['/verify', createVerifyEndpoint({ authenticateRequest, services })],
    ['/oauth/device_authorization', createDeviceAuthorizationEndpoint(oauth)],
    ['/oauth/token', createTokenEndpoint(oauth)],
    ['/oauth/introspect', createIntrospectionEndpoint(oauth)],
    ['/oauth/revoke', createRevocationEndpoint(oauth)],
    ['/.well-known/oauth-authorization-server', createServerMetadata(issuerOf)],
    ['/leaks', createLeaksEndpoint({ services, limits })],
    ['/.well-known/postern-token-patterns', createTokenPatterns(config.secretPrefix, issuerOf)],
  ];
}
