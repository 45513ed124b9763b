import type { Selectable } from 'kysely';
import type { DeviceStatus } from '../../../domain/accounts/device.ts';
import type { Executor } from '../../database.ts';
import type { Tables } from '../../tables.ts';

/** A client's request for a session or a token. Instants and the interval are in milliseconds. */
export interface DeviceRequest {
  /** The digest of the device code. */
  readonly digest: string;
  /** The digest of the user code, in its one spelling. */
  readonly userCodeDigest: string;
  readonly clientId: string;
  readonly clientName: string;
  /** The address of the client; `null` if it is unknown. */
  readonly address: string | null;
  /** The requested scopes as JSON. */
  readonly scopesJson: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** How long the client has to wait between two polls. */
  readonly interval: number;
  /** `null` before the first poll. */
  readonly polledAt: number | null;
  readonly status: DeviceStatus;
  /** The session that answered; `null` while none did. */
  readonly sessionId: string | null;
  /** The token to create as JSON; `null` for a session, and while there is no answer. */
  readonly tokenJson: string | null;
}

/** The session that approved a request, by which its secret is issued. */
export interface ApprovingSession {
  readonly userId: string;
  readonly digest: string;
  readonly identityId: string | null;
  readonly providerSession: string | null;
}

function toRequest(row: Selectable<Tables['device_requests']>): DeviceRequest {
  return {
    digest: row.digest,
    userCodeDigest: row.user_code_digest,
    clientId: row.client_id,
    clientName: row.client_name,
    address: row.address,
    scopesJson: row.scopes,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    interval: row.poll_interval,
    polledAt: row.polled_at,
    status: row.status as DeviceStatus,
    sessionId: row.session_id,
    tokenJson: row.token,
  };
}

/** Stores a request that no session has answered; returns whether its user code was free. */
export async function insertDeviceRequest(
  db: Executor,
  request: Omit<DeviceRequest, 'polledAt' | 'status' | 'sessionId' | 'tokenJson'>,
): Promise<boolean> {
  const result = await db
    .insertInto('device_requests')
    .values({
      digest: request.digest,
      user_code_digest: request.userCodeDigest,
      client_id: request.clientId,
      client_name: request.clientName,
      address: request.address,
      scopes: request.scopesJson,
      created_at: request.createdAt,
      expires_at: request.expiresAt,
      poll_interval: request.interval,
      polled_at: null,
      status: 'PENDING',
      session_id: null,
      token: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Returns the request of a device code, also an expired one. */
export async function findDeviceRequest(db: Executor, digest: string): Promise<DeviceRequest | null> {
  const query = db.selectFrom('device_requests').selectAll().where('digest', '=', digest);
  const row = await query.executeTakeFirst();
  return row ? toRequest(row) : null;
}

/** Returns the request of a user code that waits for an answer. */
export async function findPendingRequest(
  db: Executor,
  userCodeDigest: string,
  now: number,
): Promise<DeviceRequest | null> {
  const row = await db
    .selectFrom('device_requests')
    .selectAll()
    .where('user_code_digest', '=', userCodeDigest)
    .where('status', '=', 'PENDING')
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return row ? toRequest(row) : null;
}

/** Stores when a client polled, and how long it has to wait from then on. */
export async function setPolled(db: Executor, digest: string, at: number, interval: number): Promise<void> {
  await db
    .updateTable('device_requests')
    .set({ polled_at: at, poll_interval: interval })
    .where('digest', '=', digest)
    .execute();
}

/** Answers a request that waits; returns whether it did, which only one of several calls learns. */
export async function answerDeviceRequest(
  db: Executor,
  digest: string,
  now: number,
  answer: Pick<DeviceRequest, 'status' | 'sessionId' | 'tokenJson'>,
): Promise<boolean> {
  const result = await db
    .updateTable('device_requests')
    .set({ status: answer.status, session_id: answer.sessionId, token: answer.tokenJson })
    .where('digest', '=', digest)
    .where('status', '=', 'PENDING')
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Deletes an approved request; returns whether it existed, which only one of several calls learns. */
export async function deleteApprovedRequest(db: Executor, digest: string, now: number): Promise<boolean> {
  const result = await db
    .deleteFrom('device_requests')
    .where('digest', '=', digest)
    .where('status', '=', 'APPROVED')
    .where('expires_at', '>', now)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

/** Returns a session that answered a request, even if it has expired. */
export async function findApprovingSession(db: Executor, id: string): Promise<ApprovingSession | null> {
  const row = await db
    .selectFrom('sessions')
    .select(['user_id', 'digest', 'identity_id', 'provider_session'])
    .where('id', '=', id)
    .executeTakeFirst();
  return row
    ? {
        userId: row.user_id,
        digest: row.digest,
        identityId: row.identity_id,
        providerSession: row.provider_session,
      }
    : null;
}

/** Deletes up to `most` requests that expired before an instant; returns the count. */
export async function deleteExpiredDeviceRequests(
  db: Executor,
  before: number,
  most: number,
): Promise<number> {
  const result = await db
    .deleteFrom('device_requests')
    .where('digest', 'in', (eb) =>
      eb.selectFrom('device_requests').select('digest').where('expires_at', '<=', before).limit(most),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
