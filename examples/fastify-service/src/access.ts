import { type AccessCheck, type Allowed, createVerifier } from '@postern/verify';
import type { FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller that Postern allowed; `null` on routes without a check. */
    caller: Allowed | null;
  }
}

/** A route with the name of a repository in its path. */
export interface RepositoryRoute {
  Params: { repository: string };
  Body: { description: string };
}

/**
 * Returns a factory of `preHandler` hooks. A hook lets a request pass if its caller can perform the operation on the
 * repository in the path. Otherwise it sends the status and reason that Postern gives.
 */
export function createAccessHooks(posternUrl: string, workspaceId: string) {
  const verify = createVerifier({ url: posternUrl });

  return (operation: AccessCheck['operation']) =>
    async (request: FastifyRequest<RepositoryRoute>, reply: FastifyReply) => {
      const entityId = request.params.repository;
      const check = { operation, entityType: 'repository', entityId, workspaceId };
      const decision = await verify(request, check, { address: request.ip });
      if (decision.allowed) {
        request.caller = decision;
        return undefined;
      }
      const { status, code, reason, required, wwwAuthenticate, retryAfter } = decision;
      if (wwwAuthenticate) reply.header('WWW-Authenticate', wwwAuthenticate);
      if (retryAfter) reply.header('Retry-After', retryAfter);
      return reply.code(status).send({ code, reason, required });
    };
}
