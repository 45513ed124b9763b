import { scimFailure } from './failure.ts';

/** A comparison of a filter with text. */
export const TEXT_OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew'] as const;
export type TextOperator = (typeof TEXT_OPERATORS)[number];

/** A filter of resources (RFC 7644, section 3.4.2.2). `A` is the names of the attributes that it can name. */
export type ScimFilter<A extends string> =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly ScimFilter<A>[] }
  | { readonly kind: 'text'; readonly attribute: A; readonly operator: TextOperator; readonly value: string }
  | { readonly kind: 'boolean'; readonly attribute: A; readonly value: boolean }
  /** The attribute has a value. */
  | { readonly kind: 'present'; readonly attribute: A };

/** The types of the attributes of a resource that a filter can name. */
export type FilterAttributes<A extends string> = Readonly<Record<A, 'text' | 'boolean'>>;

const FILTER_CHARACTERS = 2000;
const TERMS_MAX = 10;
const TOKEN = /\s*([()]|"(?:[^"\\]|\\.)*"|[^\s()"]+)/y;

function invalid(message: string): never {
  throw scimFailure('invalidFilter', message);
}

function tokensOf(text: string): string[] {
  if (text.length > FILTER_CHARACTERS) invalid(`A filter has at most ${FILTER_CHARACTERS} characters.`);
  const trimmed = text.trim();
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const match = TOKEN.exec(trimmed);
    if (!match) return invalid('The filter cannot be parsed.');
    tokens.push(match[1] as string);
  }
  return tokens;
}

function textOf(token: string): string | null {
  if (!token.startsWith('"')) return null;
  try {
    return JSON.parse(token);
  } catch {
    return invalid('A text of the filter is not valid JSON.');
  }
}

/** Returns the name of an attribute without the URN of the core schemas in front. */
export function withoutUrn(name: string): string {
  return name.replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):/i, '');
}

/** Returns `true` or `false`; also for texts such as `"True"`, which Entra ID sends. `null` for any other value. */
export function booleanOf(value: unknown): boolean | null {
  const text = typeof value === 'string' ? value.toLowerCase() : value;
  if (text === true || text === 'true') return true;
  return text === false || text === 'false' ? false : null;
}

/** Parses a filter of up to 10 terms with `and`, `or` and parentheses. Throws `invalidFilter`. */
export function parseFilter<A extends string>(text: string, attributes: FilterAttributes<A>): ScimFilter<A> {
  const tokens = tokensOf(text);
  const names = new Map((Object.keys(attributes) as A[]).map((name) => [name.toLowerCase(), name]));
  let at = 0;
  let terms = 0;

  const next = () => tokens[at++] ?? invalid('The filter is not complete.');
  const isNext = (word: string) => tokens[at]?.toLowerCase() === word;

  function comparison(attribute: A): ScimFilter<A> {
    const operator = next().toLowerCase();
    if (operator === 'pr') return { kind: 'present', attribute };
    const token = next();
    const value = textOf(token);
    if (attributes[attribute] === 'boolean') {
      const wanted = booleanOf(value ?? token);
      if (wanted === null || operator !== 'eq')
        return invalid(`${attribute} can be compared by eq with true or false.`);
      return { kind: 'boolean', attribute, value: wanted };
    }
    const known = TEXT_OPERATORS.find((each) => each === operator);
    if (!known) return invalid(`The operator of ${attribute} is not supported.`);
    if (value === null || value === '') return invalid(`${attribute} must be compared with a text.`);
    return { kind: 'text', attribute, operator: known, value };
  }

  function term(): ScimFilter<A> {
    terms += 1;
    if (terms > TERMS_MAX) invalid(`A filter has at most ${TERMS_MAX} terms.`);
    if (isNext('(')) {
      at += 1;
      const inner = chain('or', () => chain('and', term));
      return next() === ')' ? inner : invalid('A parenthesis is not closed.');
    }
    const attribute = names.get(withoutUrn(next()).toLowerCase());
    return attribute ? comparison(attribute) : invalid('An attribute of the filter is not supported.');
  }

  function chain(kind: 'and' | 'or', part: () => ScimFilter<A>): ScimFilter<A> {
    const parts = [part()];
    while (isNext(kind)) {
      at += 1;
      parts.push(part());
    }
    return parts.length === 1 ? (parts[0] as ScimFilter<A>) : { kind, parts };
  }

  const filter = chain('or', () => chain('and', term));
  return at === tokens.length ? filter : invalid('The filter cannot be parsed.');
}
