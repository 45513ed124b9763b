import { isEntityType } from '../entity-type.ts';
import { badInput, type InputIssue, inputCheck } from '../errors.ts';
import { ROLES, type Role } from '../roles.ts';
import { isOperationName } from '../scopes.ts';
import { parseEmail } from '../text.ts';
import { TOKEN_ACCESSES, type TokenAccess } from '../token.ts';
import type { LimitsRequest } from '../values/limits.ts';
import { type ForeignShape, isForeignPreview } from './foreign-shapes.ts';

/** The scope of a line, checked for its shape only. */
export interface ImportedScope {
  readonly entityType: string;
  readonly entityId?: string | null;
  readonly entityPattern?: string | null;
  readonly workspaceId?: string | null;
  readonly operations: readonly string[];
}

/** The token of a line: its values have their types, and are not yet compared with the database. */
export interface ImportLine {
  /** In lower-case hex. */
  readonly digest: string;
  /** The email of a user, in lower case, or the slug of a workspace. */
  readonly holder: { readonly owner: string } | { readonly workspace: string; readonly role: Role };
  readonly name: string;
  readonly access: TokenAccess;
  readonly scopes: readonly ImportedScope[] | null;
  readonly subject: string | null;
  readonly metadata: object | null;
  readonly limits: LimitsRequest | null;
  /** `null` for never. */
  readonly expiresAt: Date | null;
  /** The first characters of the secret; empty if they are unknown. */
  readonly start: string;
}

type Path = InputIssue['path'];
type Fields = Readonly<Record<string, unknown>>;

const FIELDS = [
  'digest',
  'owner',
  'workspace',
  'role',
  'subject',
  'name',
  'access',
  'scopes',
  'expiresAt',
  'metadata',
  'limits',
  'start',
] as const;
const SCOPE_FIELDS = ['entityType', 'entityId', 'entityPattern', 'workspaceId', 'operations'];
const LIMITS_FIELDS = ['networks', 'requestsPerMinute', 'uses'];

const HEX_DIGEST = /^[0-9a-f]{64}$/i;
/** 32 bytes in base64 or base64url, with or without padding; the last character has two unused bits, which are zero. */
const BASE64_DIGEST = /^[A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048]=?$/;
const WORKSPACE_SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** RFC 3339, with an offset. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const SLUG_LENGTH = 100;
const COUNT_MAX = 2_147_483_647;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function requireKnown(fields: Fields, known: readonly string[], path: Path): void {
  if (Object.keys(fields).some((name) => !known.includes(name))) {
    throw badInput(path, `has an unknown field; the fields are ${known.join(', ')}`);
  }
}

function parseString(value: unknown, path: Path): string {
  if (typeof value !== 'string') throw badInput(path, value == null ? 'is missing' : 'must be a string');
  return value;
}

function parseDigest(value: unknown): string {
  const text = parseString(value, ['digest']);
  if (HEX_DIGEST.test(text)) return text.toLowerCase();
  if (BASE64_DIGEST.test(text)) return Buffer.from(text, 'base64url').toString('hex');
  throw badInput(['digest'], 'must be a SHA-256 digest in hex or base64url');
}

function parseChoice<T extends string>(value: unknown, choices: readonly T[], path: Path): T {
  const text = parseString(value, path);
  const choice = choices.find((each) => each === text);
  if (choice === undefined) throw badInput(path, `must be one of ${choices.join(', ')}`);
  return choice;
}

function parseHolder({ owner, workspace, role, subject, metadata }: Fields): ImportLine['holder'] {
  if ((owner == null) === (workspace == null)) {
    throw badInput(['owner'], 'is the email of a user, or workspace is a slug: give exactly one of them');
  }
  if (owner != null) {
    const extra = Object.entries({ role, subject, metadata }).find(([, value]) => value != null);
    if (extra) throw badInput([extra[0]], 'requires a workspace');
    return { owner: parseEmail(parseString(owner, ['owner']), ['owner']) };
  }
  const slug = parseString(workspace, ['workspace']);
  if (slug.length > SLUG_LENGTH || !WORKSPACE_SLUG.test(slug)) {
    throw badInput(['workspace'], 'must be the slug of a workspace');
  }
  return { workspace: slug, role: parseChoice(role, ROLES, ['role']) };
}

function parseScope(value: unknown, path: Path): ImportedScope {
  if (!isObject(value)) throw badInput(path, 'must be an object');
  requireKnown(value, SCOPE_FIELDS, path);
  const optional = (name: string) => (value[name] == null ? null : parseString(value[name], [...path, name]));
  const entityType = parseString(value.entityType, [...path, 'entityType']);
  if (!isEntityType(entityType))
    throw badInput([...path, 'entityType'], 'must be the slug of an entity type');
  const { operations } = value;
  if (
    !Array.isArray(operations) ||
    !operations.every((each) => typeof each === 'string' && isOperationName(each))
  ) {
    throw badInput([...path, 'operations'], 'must be an array of operations in upper snake case');
  }
  return {
    entityType,
    entityId: optional('entityId'),
    entityPattern: optional('entityPattern'),
    workspaceId: optional('workspaceId'),
    operations,
  };
}

function parseScopes(value: unknown): readonly ImportedScope[] | null {
  if (value == null) return null;
  if (!Array.isArray(value)) throw badInput(['scopes'], 'must be an array');
  return value.map((scope, index) => parseScope(scope, ['scopes', index]));
}

function parseCount(value: unknown, path: Path): number | null {
  if (value == null) return null;
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > COUNT_MAX) {
    throw badInput(path, `must be an integer from 1 to ${COUNT_MAX}`);
  }
  return value as number;
}

function parseLimits(value: unknown): LimitsRequest | null {
  if (value == null) return null;
  if (!isObject(value)) throw badInput(['limits'], 'must be an object');
  requireKnown(value, LIMITS_FIELDS, ['limits']);
  const { networks, requestsPerMinute, uses } = value;
  if (networks != null && !(Array.isArray(networks) && networks.every((each) => typeof each === 'string'))) {
    throw badInput(['limits', 'networks'], 'must be an array of strings');
  }
  return {
    networks: (networks ?? null) as string[] | null,
    requestsPerMinute: parseCount(requestsPerMinute, ['limits', 'requestsPerMinute']),
    uses: parseCount(uses, ['limits', 'uses']),
  };
}

function parseInstant(value: unknown): Date | null {
  if (value == null) return null;
  const text = parseString(value, ['expiresAt']);
  const instant = new Date(INSTANT.test(text) ? text : Number.NaN);
  if (Number.isNaN(instant.getTime())) {
    throw badInput(['expiresAt'], 'must be an instant such as 2030-01-31T12:00:00Z');
  }
  return instant;
}

function parseStart(value: unknown, shapes: readonly ForeignShape[]): string {
  if (value == null) return '';
  const text = parseString(value, ['start']);
  if (!isForeignPreview(shapes, text)) {
    throw badInput(
      ['start'],
      'must be the prefix of a shape in POSTERN_FOREIGN_SHAPES and at most 6 characters of its alphabet',
    );
  }
  return text;
}

function parseJson(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The error of the parser would repeat the text.
  }
  throw badInput([], 'must be a JSON object');
}

/** Returns the token of a line. Throws `BAD_USER_INPUT` with every issue; no issue repeats a value of the line. */
export function parseImportLine(text: string, shapes: readonly ForeignShape[]): ImportLine {
  const fields = parseJson(text);
  const check = inputCheck();
  check.try(() => requireKnown(fields, FIELDS, []));
  const { subject, metadata } = fields;
  const line = {
    digest: check.try(() => parseDigest(fields.digest)),
    holder: check.try(() => parseHolder(fields)),
    name: check.try(() => parseString(fields.name, ['name'])),
    access: check.try(() => parseChoice(fields.access, TOKEN_ACCESSES, ['access'])),
    scopes: check.try(() => parseScopes(fields.scopes)),
    subject: check.try(() => (subject == null ? null : parseString(subject, ['subject']))),
    metadata: (metadata ?? null) as object | null,
    limits: check.try(() => parseLimits(fields.limits)),
    expiresAt: check.try(() => parseInstant(fields.expiresAt)),
    start: check.try(() => parseStart(fields.start, shapes)),
  };
  check.finish();
  return line as ImportLine;
}
