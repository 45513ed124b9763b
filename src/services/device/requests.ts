import {
  COMMAND_LINE_SESSION_LIFETIME,
  DEVICE_REQUEST_LIFETIME,
  formatUserCode,
  POLL_INTERVAL,
  USER_CODE_LETTERS,
} from '../../domain/accounts/device.ts';
import { failure, PosternError } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { withoutSecrets } from '../../domain/secret.ts';
import { hasHiddenCharacters, parseName } from '../../domain/text.ts';
import { parseScopeParameter } from '../../domain/values/oauth-scopes.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import {
  type ApprovingSession,
  type DeviceRequest,
  deleteApprovedRequest,
  findApprovingSession,
  findDeviceRequest,
  insertDeviceRequest,
  setPolled,
} from '../../storage/repositories/accounts/device-requests.ts';
import { findUser } from '../../storage/repositories/accounts/users.ts';
import type { AnonymousWork } from '../access/anonymous-work.ts';
import type { Caller } from '../access/caller.ts';
import { parseRule } from '../access/delegation.ts';
import { openSession } from '../accounts/open-session.ts';
import type { CreateTokenRequest } from '../tokens/new-token.ts';
import type { TokenService } from '../tokens/tokens.ts';
import { repeatOutdated } from '../transactions/repeat-outdated.ts';
import type { Transact } from '../transactions/transact.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import type { DeviceAttempts } from './attempts.ts';

const CODE_LENGTH = 8;
/** 260 random bits. */
const DEVICE_CODE_LENGTH = 52;
/** Two requests with one code are as likely as a correct guess. */
const CODE_ATTEMPTS = 5;
/** Printable ASCII without spaces. */
const CLIENT_ID = /^[\x21-\x7e]{1,100}$/;

/** What a client receives when it begins (RFC 8628, section 3.2). Durations are in milliseconds. */
export interface BegunDeviceRequest {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly expiresIn: number;
  readonly interval: number;
}

/** Why a poll gives no secret, by the error codes of RFC 8628, section 3.5, and RFC 6749, section 5.2. */
export type PollRefusal =
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'invalid_grant';

/** The result of a poll. A secret is returned only here, once. */
export type PollResult =
  | { readonly refusal: PollRefusal }
  | { readonly secret: string; readonly expiresIn: number; readonly token: CreateTokenRequest | null };

/** The requests of clients such as command lines for a session or a token of a person (RFC 8628). */
export interface DeviceRequestService {
  /**
   * Stores a request for ten minutes. `name` stands for the client in what the person sees; `scope` lists the scopes that a
   * token for the client can have at most. Throws `BAD_REQUEST`, `BAD_USER_INPUT` for the scopes, or `RATE_LIMITED`.
   */
  begin(
    caller: Caller,
    client: { readonly id: string; readonly name: string | null; readonly scope: string },
  ): Promise<BegunDeviceRequest>;
  /** Returns the answer to a request. The secret is issued by the session that approved it, if that is still allowed to. */
  poll(caller: Caller, clientId: string, deviceCode: string): Promise<PollResult>;
}

/** Returns the name of a client for people. Throws `BAD_REQUEST`. */
function parseClientName(name: string): string {
  try {
    return parseName(withoutSecrets(name), ['client_name']);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    throw failure('BAD_REQUEST', 'client_name must have 1 to 100 visible characters.');
  }
}

/** Returns the requested scopes. Throws `BAD_USER_INPUT`. */
function parseScopes(scope: string) {
  const scopes = parseScopeParameter(scope);
  if (scopes === null) throw failure('BAD_USER_INPUT', 'A scope is malformed.');
  for (const [index, requested] of scopes.entries()) {
    // The person who decides reads the id, which can be any text.
    if (hasHiddenCharacters(requested.entityId ?? '')) {
      throw failure('BAD_USER_INPUT', 'A scope must not contain invisible or direction-changing characters.');
    }
    parseRule(requested, ['scope', index]);
  }
  return scopes;
}

/** Errors that mean that the approving session is no longer allowed to do what it approved. */
const DENIALS = ['UNAUTHENTICATED', 'FORBIDDEN', 'BAD_USER_INPUT', 'LIMIT_REACHED'];

/** Returns the service of a database. */
export function createDeviceRequestService(deps: {
  db: Executor;
  transact: Transact;
  changes: UnitOfWorkRunner;
  anonymousWork: AnonymousWork;
  attempts: DeviceAttempts;
  tokens: Pick<TokenService, 'create'>;
  secrets: SecretSource;
  limits: Limits;
  clock: Clock;
}): DeviceRequestService {
  const { db, transact, changes, anonymousWork, attempts, tokens, secrets, limits, clock } = deps;

  async function store(
    request: Omit<Parameters<typeof insertDeviceRequest>[1], 'digest' | 'userCodeDigest'>,
  ) {
    for (let attempt = 0; attempt < CODE_ATTEMPTS; attempt += 1) {
      const deviceCode = secrets.text(DEVICE_CODE_LENGTH);
      const code = secrets.letters(CODE_LENGTH, USER_CODE_LETTERS);
      const digests = { digest: digestOf(deviceCode), userCodeDigest: digestOf(code) };
      if (await transact([], (tx) => insertDeviceRequest(tx, { ...request, ...digests }))) {
        return { deviceCode, userCode: formatUserCode(code) };
      }
    }
    throw failure('UNAVAILABLE');
  }

  /** Returns that there is no answer yet, and stores how long the client has to wait. */
  async function wait({ digest, interval, polledAt }: DeviceRequest, now: number): Promise<PollResult> {
    const isEarly = polledAt !== null && now - polledAt < interval;
    const next = isEarly ? interval + POLL_INTERVAL : interval;
    await transact([], (tx) => setPolled(tx, digest, now, next));
    return { refusal: isEarly ? 'slow_down' : 'authorization_pending' };
  }

  async function createSession(
    uow: UnitOfWork,
    caller: Caller,
    { clientName }: DeviceRequest,
    { userId, identityId, providerSession }: ApprovingSession,
  ): Promise<string> {
    const user = await findUser(uow.tx, userId);
    if (!user) throw failure('UNAUTHENTICATED');
    const { secret } = await openSession(uow, user, {
      issued: secrets.issue('SESSION'),
      limits,
      from: caller,
      authenticatedAt: uow.now,
      identity: { identityId, providerSession, provider: null },
      commandLine: clientName,
    });
    return secret;
  }

  /** Issues the secret of an approved request in a transaction of the session that approved it. */
  async function issue(
    uow: UnitOfWork,
    caller: Caller,
    request: DeviceRequest,
    session: ApprovingSession,
    token: CreateTokenRequest | null,
  ): Promise<PollResult> {
    if (!(await deleteApprovedRequest(uow.tx, request.digest, uow.now))) return { refusal: 'invalid_grant' };
    if (!token) {
      const secret = await createSession(uow, caller, request, session);
      return { secret, expiresIn: COMMAND_LINE_SESSION_LIFETIME, token };
    }
    const issued = await tokens.create(uow, token);
    return { secret: issued.secret, expiresIn: (issued.token.expiresAt ?? uow.now) - uow.now, token };
  }

  /** Returns whether a session has another secret by now, because its user has changed the password in it. */
  async function hasNewSecret(sessionId: string, { digest }: ApprovingSession): Promise<boolean> {
    const present = await findApprovingSession(db, sessionId);
    return present !== null && present.digest !== digest;
  }

  /**
   * Issues the secret of an approved request as the session that approved it. Returns `null`, and has written nothing, if the
   * session was not identified because it has another secret by now.
   */
  async function collect(caller: Caller, request: DeviceRequest): Promise<PollResult | null> {
    const { sessionId } = request;
    const session = sessionId === null ? null : await findApprovingSession(db, sessionId);
    if (sessionId === null || session === null) return { refusal: 'access_denied' };
    const token = request.tokenJson === null ? null : readTokenJson(request.tokenJson);
    const approver: Caller = {
      ...caller,
      credential: { kind: 'SESSION', digest: session.digest, source: 'bearer' },
      holder: { on: 'user', id: session.userId },
    };
    const access = token
      ? ({ kind: 'token', operation: 'CREATE', any: true, workspaceRole: 'OWNER' } as const)
      : ({ kind: 'session' } as const);
    try {
      return await changes.run(approver, access, (uow) => issue(uow, caller, request, session, token));
    } catch (error) {
      const isUnknown = error instanceof PosternError && error.code === 'UNAUTHENTICATED';
      if (isUnknown && (await hasNewSecret(sessionId, session))) return null;
      throw error;
    }
  }

  return {
    async begin(caller, { id, name, scope }) {
      if (!CLIENT_ID.test(id)) {
        throw failure('BAD_REQUEST', 'client_id must have 1 to 100 printable ASCII characters.');
      }
      const clientName = parseClientName(name ?? id);
      const scopesJson = JSON.stringify(parseScopes(scope));
      return anonymousWork(async () => {
        await attempts.countRequest(caller.address);
        const now = clock();
        const codes = await store({
          clientId: id,
          clientName,
          address: caller.address,
          scopesJson,
          createdAt: now,
          expiresAt: now + DEVICE_REQUEST_LIFETIME,
          interval: POLL_INTERVAL,
        });
        return { ...codes, expiresIn: DEVICE_REQUEST_LIFETIME, interval: POLL_INTERVAL };
      });
    },

    poll: (caller, clientId, deviceCode) =>
      anonymousWork(async () => {
        const now = clock();
        const request = await findDeviceRequest(db, digestOf(deviceCode));
        if (request?.clientId !== clientId) return { refusal: 'invalid_grant' };
        if (now >= request.expiresAt) return { refusal: 'expired_token' };
        if (request.status === 'PENDING') return wait(request, now);
        if (request.status === 'DENIED') return { refusal: 'access_denied' };
        try {
          return await repeatOutdated(() => collect(caller, request));
        } catch (error) {
          if (error instanceof PosternError && DENIALS.includes(error.code))
            return { refusal: 'access_denied' };
          throw error;
        }
      }),
  };
}

/** Returns a token request from JSON, in which its expiry is an instant. */
function readTokenJson(json: string): CreateTokenRequest {
  const { expiresAt, ...request } = JSON.parse(json) as CreateTokenRequest & { expiresAt: number };
  return { ...request, expires: { at: new Date(expiresAt) } };
}
