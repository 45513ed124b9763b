import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY, HOUR } from '../../src/domain/duration.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { insertAuditEvent } from '../../src/storage/repositories/audit-events.ts';
import type { Tables } from '../../src/storage/tables.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

let postern: TestApp;

const prune = () => postern.app.services.retention.prune();

async function countOf(table: keyof Tables): Promise<number> {
  const { db } = postern.database;
  const { count } = await db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Inserts audit rows with the current time. */
function writeAudit(rows: number): Promise<void> {
  return postern.database.transact([], async (tx) => {
    for (let n = 0; n < rows; n++) {
      await insertAuditEvent(tx, {
        id: systemIds(),
        at: postern.now(),
        action: 'token.created',
        userId: null,
        workspaceId: null,
        actorKind: null,
        actorId: null,
        actorTokenId: null,
        targetId: null,
        ip: null,
        userAgent: null,
        detail: {},
      });
    }
  });
}

function invite(email: string) {
  return postern.post(
    `mutation ($workspaceId: ID!, $email: EmailAddress!) {
      inviteMember(input: { workspaceId: $workspaceId, email: $email, role: VIEWER }) { expiresAt }
    }`,
    { workspaceId: postern.workspaceId, email },
    postern.owner.session,
  );
}

afterEach(() => postern.close());

describe('the audit log', () => {
  beforeEach(async () => {
    postern = await startTestApp({ POSTERN_AUDIT_RETENTION: 'P30D' });
  });

  test('contains a row until its retention ends, to the millisecond', async () => {
    const before = await countOf('audit_events');
    postern.advance(DAY);
    await writeAudit(1);
    postern.advance(29 * DAY);
    await prune();
    expect(await countOf('audit_events')).toBe(before + 1);
    postern.advance(1);
    await prune();
    expect(await countOf('audit_events')).toBe(1);
    expect(postern.logs.filter((line) => line.includes('deleted expired audit events'))).toHaveLength(1);
  });

  test('is pruned in short transactions, so that other writes run between them', async () => {
    await writeAudit(1000);
    postern.advance(31 * DAY);
    const pruned = prune();
    await writeAudit(1);
    expect(await countOf('audit_events')).toBeGreaterThan(200);
    await pruned;
    expect(await countOf('audit_events')).toBe(1);
  });

  test('is pruned by one run at a time; a concurrent call waits for that run', async () => {
    await writeAudit(500);
    postern.advance(31 * DAY);
    const first = prune();
    expect(prune()).toBe(first);
    await first;
    expect(await countOf('audit_events')).toBe(0);
    expect(prune()).not.toBe(first);
  });

  test('stops being pruned when the server stops', async () => {
    await writeAudit(1000);
    postern.advance(31 * DAY);
    const pruned = prune();
    await postern.app.services.retention.close();
    await pruned;
    expect(await countOf('audit_events')).toBeGreaterThan(500);
  });
});

test('with unlimited retention, no audit row is deleted', async () => {
  postern = await startTestApp({ POSTERN_AUDIT_RETENTION: 'forever' });
  const before = await countOf('audit_events');
  postern.advance(100 * 365 * DAY);
  await prune();
  expect(await countOf('audit_events')).toBe(before);
});

test('expired sessions and invitations are deleted, and others are not', async () => {
  postern = await startTestApp({ POSTERN_SESSION_LIFETIME: 'P14D' });
  await invite('early@example.com');
  const sessions = await countOf('sessions');
  postern.advance(6 * DAY);
  await postern.signIn(postern.owner.email);
  await invite('late@example.com');
  postern.advance(DAY);
  await prune();
  expect(await countOf('invitations')).toBe(1);
  expect(await countOf('sessions')).toBe(sessions + 1);
  postern.advance(7 * DAY);
  await prune();
  expect(await countOf('invitations')).toBe(0);
  expect(await countOf('sessions')).toBe(1);
});

test('the count of sign-ins is deleted after its period', async () => {
  postern = await startTestApp();
  await postern.post(
    'mutation { signIn(input: { email: "unknown@example.com", password: "wrong" }) { expiresAt } }',
  );
  expect(await countOf('attempt_counters')).toBeGreaterThan(0);
  postern.advance(HOUR);
  await prune();
  expect(await countOf('attempt_counters')).toBe(0);
});
