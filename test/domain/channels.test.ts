import { describe, expect, test } from 'vitest';
import { parseSharedOperations } from '../../src/domain/channel.ts';
import { isEntityId, isEntityType } from '../../src/domain/entity-type.ts';
import { DEFAULT_LIMITS } from '../../src/domain/limits.ts';
import { serialisePayload } from '../../src/domain/message.ts';
import { OPERATIONS, type Operation } from '../../src/domain/scopes.ts';
import { badPathsOf } from '../support/refusal.ts';

const KIB = 1024;

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

describe('the payload of a message', () => {
  test.each([null, true, 0, 'text', [], {}, { a: [1, { b: null }] }, nested(32), 'x'.repeat(64 * KIB - 2)])(
    'can be %j',
    (payload) => {
      expect(JSON.parse(serialisePayload(payload, []))).toEqual(payload);
    },
  );

  test.each([
    ['more than 64 KiB', 'x'.repeat(64 * KIB - 1)],
    ['more than 64 KiB in UTF-8 but fewer characters', 'é'.repeat(32 * KIB)],
    ['33 levels', nested(33)],
    ['33 levels of objects', { a: nested(32) }],
    ['infinity, written in JSON as 1e999', { a: [Number.POSITIVE_INFINITY] }],
  ])('cannot have %s', (_what, payload) => {
    expect(badPathsOf(() => serialisePayload(payload, ['input', 'payload']))).toEqual(['input.payload']);
  });

  test('is rejected for its depth without a stack overflow', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(badPathsOf(() => serialisePayload(deep, ['payload']))).toEqual(['payload']);
  });
});

describe('the operations of a share', () => {
  test('are listed once each and in order, and can be any except CREATE', () => {
    const shareable = OPERATIONS.filter((operation) => operation !== 'CREATE');
    expect(parseSharedOperations([...shareable, ...shareable].reverse(), [])).toEqual(shareable);
  });

  test.each([[[]], [['CREATE']], [['READ', 'CREATE']]])('cannot be %j', (operations) => {
    const share = () => parseSharedOperations(operations as Operation[], ['input', 'operations']);
    expect(badPathsOf(share)).toEqual(['input.operations']);
  });
});

describe('a registered type', () => {
  test('has a lower-case slug of up to fifty characters as its name', () => {
    const good = ['a', 'invoice', 'line-item_2', `a${'b'.repeat(49)}`];
    const bad = ['', '1a', 'Invoice', 'in voice', '-a', 'ä', `a${'b'.repeat(50)}`, 'invoice\n'];
    expect(good.filter((name) => !isEntityType(name))).toEqual([]);
    expect(bad.filter(isEntityType)).toEqual([]);
  });

  test('has entity ids that its service chooses: 1 to 200 characters, no control characters', () => {
    const good = ['1', 'INV-2030/7', 'with blank', 'é🏰', 'x'.repeat(200), '🏰'.repeat(200)];
    const bad = ['', 'x'.repeat(201), 'a\nb', 'a\u0000', '\u007f'];
    expect(good.filter((id) => !isEntityId(id))).toEqual([]);
    expect(bad.filter(isEntityId)).toEqual([]);
  });
});

test('the default limits are those of the design', () => {
  const day = 86_400_000;
  expect(DEFAULT_LIMITS).toMatchObject({
    tokensPerUser: 100,
    workspacesPerUser: 100,
    channelsPerWorkspace: 1000,
    sharesPerChannel: 1000,
    messageBytesKept: 16 * 1024 * 1024,
    tokensPerWorkspace: 1000,
    scopesPerToken: 64,
    streamsPerCredential: 20,
    personalTokenLifetime: 366 * day,
    invitationLifetime: 7 * day,
  });
});
