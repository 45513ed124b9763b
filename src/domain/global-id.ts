/** The tag that stands in front of an id of each type that has one. */
const TAGS = {
  Token: 'tok',
  User: 'usr',
  Workspace: 'wsp',
  Session: 'ssn',
  Identity: 'idn',
  Invitation: 'ivt',
  AuditEvent: 'evt',
  TokenScope: 'scp',
  Channel: 'chn',
  Message: 'msg',
  Federation: 'fed',
} as const;

export type NodeType = keyof typeof TAGS;

const SHAPE = /^([a-z]{3})_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/;
const ID_LENGTH = 36;
const TYPE_OF_TAG = new Map(Object.entries(TAGS).map(([type, tag]) => [tag as string, type as NodeType]));

/** An id as the API shows it: the type's tag and the UUID without hyphens. Opaque to clients. */
export function toGlobalId(type: NodeType, id: string): string {
  // Where the hyphens stand is known: to look for them takes twice as long, and a page has dozens of ids.
  const digits = id.slice(0, 8) + id.slice(9, 13) + id.slice(14, 18) + id.slice(19, 23) + id.slice(24);
  return `${TAGS[type]}_${digits}`;
}

/** The type and UUID of an id of the API; `null` where it is none. */
export function parseGlobalId(globalId: string): { type: NodeType; id: string } | null {
  const match = globalId.length === ID_LENGTH ? SHAPE.exec(globalId) : null;
  const type = match && TYPE_OF_TAG.get(match[1] ?? '');
  return match && type ? { type, id: match.slice(2).join('-') } : null;
}

/** An id that no record has: what a malformed id, or one of another type, stands for. So absent and malformed answer alike. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** The UUID of an id of one type; `NIL_UUID` where it is malformed or of another type. */
export function decodeGlobalId(type: NodeType, globalId: string): string {
  const parsed = parseGlobalId(globalId);
  return parsed?.type === type ? parsed.id : NIL_UUID;
}
