import { badInput, type InputIssue } from '../errors.ts';

/** A condition on a claim of a JSON Web Token. */
export interface ClaimRule {
  readonly name: string;
  /** The whole value, or its beginning and a star that stands for any rest. */
  readonly value: string;
}

/** The claims that say whose workload a token stands for, at GitHub, GitLab and Kubernetes. */
const TENANT_CLAIMS = [
  'sub',
  'repository',
  'repository_owner',
  'repository_owner_id',
  'project_path',
  'namespace_path',
  'namespace_id',
];

const RULES_MAX = 20;
const NAME = /^[\w:./-]{1,100}$/;
const VALUE_LENGTH = 500;
/** A star after the end of a segment, so that it never stands for the rest of a name. */
const BEGINNING = /^[^*]{3,}[/:]\*$/;
/** The beginning of a `sub` that names a tenant: `repo:` alone says nothing but the kind of token. */
const TENANT_IN_SUBJECT = /^[^/:]+[/:]+[^/:]/;

function hasStar({ value }: ClaimRule): boolean {
  return value.includes('*');
}

function parseRule({ name, value }: ClaimRule, path: InputIssue['path']): ClaimRule {
  if (!NAME.test(name)) throw badInput([...path, 'name'], 'must be the name of a claim');
  if (value === '' || value.length > VALUE_LENGTH) {
    throw badInput([...path, 'value'], `must have 1 to ${VALUE_LENGTH} characters`);
  }
  if (hasStar({ name, value }) && !BEGINNING.test(value)) {
    throw badInput(
      [...path, 'value'],
      'can have one star, at its end, after / or :, and after at least four characters, such as repo:org/*',
    );
  }
  return { name, value };
}

/** Returns whether a rule limits tokens to one tenant of an issuer that serves many. */
function namesTenant(rule: ClaimRule): boolean {
  if (!TENANT_CLAIMS.includes(rule.name)) return false;
  return rule.name !== 'sub' || !hasStar(rule) || TENANT_IN_SUBJECT.test(rule.value.slice(0, -1));
}

/**
 * Returns the rules of a federation: 1 to 20, each on another claim, and at least one that names a tenant. Throws
 * `BAD_USER_INPUT`.
 */
export function parseClaimRules(rules: readonly ClaimRule[], path: InputIssue['path']): readonly ClaimRule[] {
  if (rules.length > RULES_MAX) throw badInput(path, `must be at most ${RULES_MAX}`);
  const parsed = rules.map((rule, index) => parseRule(rule, [...path, index]));
  const twice = parsed.findIndex(({ name }, index) =>
    parsed.slice(0, index).some((rule) => rule.name === name),
  );
  if (twice >= 0) throw badInput([...path, twice, 'name'], 'has a rule already');
  if (!parsed.some(namesTenant)) {
    throw badInput(
      path,
      `must name the tenant: a rule on one of ${TENANT_CLAIMS.join(', ')}; with a star, a sub must go beyond its first part, such as repo:org/*`,
    );
  }
  return parsed;
}

/**
 * Returns the text of a claim that rules are compared with: a text itself, a boolean or a number as JSON; `null` for any other
 * value. A number above 2^53 has lost digits, so that another number would have the same text.
 */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  const isExact = typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  return isExact || typeof value === 'boolean' ? JSON.stringify(value) : null;
}

/** Returns whether a claim fulfils a rule. Compares byte for byte. A star stands for at least one character. */
function fulfils(claims: Readonly<Record<string, unknown>>, rule: ClaimRule): boolean {
  const text = Object.hasOwn(claims, rule.name) ? textOf(claims[rule.name]) : null;
  if (text === null) return false;
  if (!hasStar(rule)) return text === rule.value;
  const beginning = rule.value.slice(0, -1);
  return text.length > beginning.length && text.startsWith(beginning);
}

/** Returns whether verified claims fulfil every rule. */
export function fulfilsAll(claims: Readonly<Record<string, unknown>>, rules: readonly ClaimRule[]): boolean {
  return rules.length > 0 && rules.every((rule) => fulfils(claims, rule));
}
