import { describe, expect, test } from 'vitest';
import {
  decodeGlobalId,
  NIL_UUID,
  type NodeType,
  parseGlobalId,
  toGlobalId,
} from '../../src/domain/global-id.ts';

const UUID = '01890a5d-ac96-774b-bcce-b302099a8057';
const TYPES: NodeType[] = [
  'Token',
  'User',
  'Workspace',
  'Session',
  'Invitation',
  'AuditEvent',
  'TokenScope',
  'Channel',
  'Message',
];

describe('a global id', () => {
  test('decodes to its type and UUID, and differs between types', () => {
    const ids = TYPES.map((type) => toGlobalId(type, UUID));
    expect(ids.map(parseGlobalId)).toEqual(TYPES.map((type) => ({ type, id: UUID })));
    expect(new Set(ids).size).toBe(TYPES.length);
  });

  test('needs no quoting in a URL, a shell or a document', () => {
    expect(toGlobalId('Token', UUID)).toMatch(/^[a-z]{3}_[0-9a-f]{32}$/);
  });

  test.each([
    '',
    'tok_',
    UUID,
    `tok_${UUID}`,
    'tok_xyz',
    `TOK_${'0'.repeat(32)}`,
    `tok_${'0'.repeat(31)}`,
    `tok_${'0'.repeat(33)}`,
    `xyz_${'0'.repeat(32)}`,
    ` tok_${'0'.repeat(32)}`,
    `tok_${'0'.repeat(32)}\n`,
    `tok_${'0'.repeat(32)}!!!`,
    `tok_${'0'.repeat(32)}==`,
    `tok_${'0'.repeat(16)}-${'0'.repeat(16)}`,
    `tok_${'A'.repeat(32)}`,
    '__proto__',
  ])('cannot be %j', (text) => {
    expect(parseGlobalId(text)).toBeNull();
    expect(decodeGlobalId('Token', text)).toBe(NIL_UUID);
  });

  test('of another type decodes to the nil UUID', () => {
    expect(decodeGlobalId('Token', toGlobalId('User', UUID))).toBe(NIL_UUID);
    expect(decodeGlobalId('User', toGlobalId('User', UUID))).toBe(UUID);
  });
});
