import { DEVICE_TOKEN_LIFETIME, type DeviceStatus, parseUserCode } from '../../domain/accounts/device.ts';
import type { AccessRequest } from '../../domain/authority.ts';
import { badInput, failure, PosternError } from '../../domain/errors.ts';
import { includesRule } from '../../domain/scopes.ts';
import type { RequestedScope } from '../../domain/values/oauth-scopes.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { Executor } from '../../storage/database.ts';
import {
  answerDeviceRequest,
  type DeviceRequest,
  findPendingRequest,
} from '../../storage/repositories/accounts/device-requests.ts';
import type { Authentication } from '../access/authentication.ts';
import type { Caller } from '../access/caller.ts';
import { parseRule } from '../access/delegation.ts';
import type { CreateTokenRequest } from '../tokens/new-token.ts';
import type { TokenService } from '../tokens/tokens.ts';
import { auditUser } from '../transactions/audit-user.ts';
import { sessionOf, type UnitOfWork, type UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { DeviceAttempts } from './attempts.ts';

/** A request as the person who decides on it sees it. */
export interface PendingDeviceRequest {
  /** As the client calls itself. */
  readonly clientName: string;
  readonly address: string | null;
  /** The address of the person. */
  readonly callerAddress: string | null;
  readonly scopes: readonly RequestedScope[];
  readonly expiresAt: number;
}

/**
 * Decisions on the requests of clients, by people who typed a code. Every method counts codes that no client has and throws
 * `NOT_FOUND` for them, or `TOO_MANY_ATTEMPTS`. `access` is what the call requires.
 */
export interface DeviceApprovalService {
  /** Returns a request that waits. */
  find(caller: Caller, userCode: string): Promise<PendingDeviceRequest>;
  /**
   * Gives the client a session of its own or, with `token`, a personal token, when it polls. Throws `BAD_USER_INPUT` for a
   * token with more than the client asked for, and the errors of creating a token.
   */
  approve(
    caller: Caller,
    access: AccessRequest,
    userCode: string,
    token: CreateTokenRequest | null,
  ): Promise<void>;
  /** Refuses a request. */
  deny(caller: Caller, access: AccessRequest, userCode: string): Promise<void>;
}

/** Returns the scopes that a client asked for. */
function scopesOf({ scopesJson }: DeviceRequest): RequestedScope[] {
  return JSON.parse(scopesJson) as RequestedScope[];
}

/** Throws `BAD_USER_INPUT` if a token has more than its client asked for. */
function requireWithinRequest(request: DeviceRequest, { access, scopes }: CreateTokenRequest): void {
  if (access === 'FULL')
    throw badInput(['input', 'access'], 'must be SCOPED, with what the client asked for');
  const requested = scopesOf(request).map((scope) => parseRule(scope, []));
  for (const [index, scope] of (scopes ?? []).entries()) {
    const path = ['input', 'scopes', index];
    if (!includesRule(requested, parseRule(scope, path))) {
      throw badInput(path, 'is more than the client asked for');
    }
  }
}

/** Runs work on the input of a token, which is a part of the input of a call: the paths of its issues name that part. */
async function withinToken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PosternError) || !error.detail.issues) throw error;
    const issues = error.detail.issues.map(({ path, message }) => ({
      path: ['input', 'token', ...path.slice(1)],
      message,
    }));
    throw new PosternError(error.code, { ...error.detail, issues });
  }
}

/** Returns the service of a database. */
export function createDeviceApprovalService(deps: {
  db: Executor;
  changes: UnitOfWorkRunner;
  authentication: Authentication;
  attempts: DeviceAttempts;
  tokens: Pick<TokenService, 'check'>;
  clock: Clock;
}): DeviceApprovalService {
  const { db, changes, authentication, attempts, tokens, clock } = deps;

  /** Returns the request of a typed code. The code counts before the look-up, so that concurrent guesses count too. */
  async function look(caller: Caller, userCode: string): Promise<DeviceRequest> {
    const principal = await authentication.identifyCaller(caller);
    if (principal.kind !== 'SESSION') throw failure('UNAUTHENTICATED');
    await attempts.countCode(principal.sessionId);
    const code = parseUserCode(userCode);
    const request = code === null ? null : await findPendingRequest(db, digestOf(code), clock());
    if (!request) throw failure('NOT_FOUND');
    await attempts.forgiveCode(principal.sessionId);
    return request;
  }

  async function answer(
    uow: UnitOfWork,
    { digest, clientName, address }: DeviceRequest,
    status: DeviceStatus,
    token: { readonly name: string; readonly json: string } | null,
  ): Promise<void> {
    const { userId, sessionId } = sessionOf(uow);
    const stored = { status, sessionId, tokenJson: token?.json ?? null };
    if (!(await answerDeviceRequest(uow.tx, digest, uow.now, stored))) throw failure('NOT_FOUND');
    await auditUser(uow, status === 'APPROVED' ? 'device.approved' : 'device.denied', userId, {
      client: clientName,
      address,
      ...(token && { token: token.name }),
    });
  }

  /** Returns the token to create as JSON. Its expiry becomes an instant, so that it does not move until the client polls. */
  async function prepareToken(uow: UnitOfWork, request: DeviceRequest, token: CreateTokenRequest) {
    requireWithinRequest(request, token);
    const { expiresAt, name } = await tokens.check(uow, token);
    if (expiresAt > uow.now + DEVICE_TOKEN_LIFETIME) {
      throw badInput(['input', 'expires'], 'must be at most 30 days from now');
    }
    const { expires: _, ...rest } = token;
    return { name, json: JSON.stringify({ ...rest, expiresAt }) };
  }

  return {
    async find(caller, userCode) {
      const request = await look(caller, userCode);
      const { clientName, address, expiresAt } = request;
      return {
        clientName,
        address,
        callerAddress: caller.address,
        scopes: scopesOf(request),
        expiresAt,
      };
    },

    async approve(caller, access, userCode, token) {
      const request = await look(caller, userCode);
      await changes.run(caller, access, async (uow) => {
        const prepared = token && (await withinToken(() => prepareToken(uow, request, token)));
        await answer(uow, request, 'APPROVED', prepared);
      });
    },

    async deny(caller, access, userCode) {
      const request = await look(caller, userCode);
      await changes.run(caller, access, (uow) => answer(uow, request, 'DENIED', null));
    },
  };
}
