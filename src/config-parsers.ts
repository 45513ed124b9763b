import { isIP } from 'node:net';
import { databaseUrlProblem, withHost } from './config-database.ts';
import type { Environment } from './config-environment.ts';
import { PosternError } from './domain/errors.ts';
import { type ForeignShape, parseForeignShapes } from './domain/import/foreign-shapes.ts';
import { SECRET_PREFIX } from './domain/secret.ts';
import { parseBlock } from './domain/values/networks.ts';

// Parsers for environment variables. Each throws an error that says what the text must be, and never repeats the text.

function wrong(what: string): never {
  throw new Error(what);
}

/** Adapts a parser of `domain`, whose error never repeats the value. */
export function byRule<T>(parse: (text: string, path: []) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text, []);
    } catch (error) {
      if (error instanceof PosternError) wrong(error.detail.issues?.[0]?.message ?? error.message);
      throw error;
    }
  };
}

/** Makes a parser return `null` for the empty text. */
export function optional<T>(parse: (text: string) => T): (text: string) => T | null {
  return (text) => (text === '' ? null : parse(text));
}

/** Makes a parser return `null`, no limit, for one word. */
export function unless<T>(word: string, parse: (text: string) => T): (text: string) => T | null {
  return (text) => (text === word ? null : parse(text));
}

/** Returns a parser of integers within bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : wrong(`must be an integer from ${min} to ${max}`);
  };
}

/** Returns a parser that accepts only the given words. */
export function oneOf<T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => values.find((value) => value === text) ?? wrong(`must be one of ${values.join(', ')}`);
}

/** Parses an IP address or a host name, without a port. */
export function host(text: string): string {
  return isIP(text) || /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text)
    ? text
    : wrong('must be an IP address or a host name, without a port');
}

/** Parses the URL of a database: an SQLite file or a PostgreSQL database. */
export function databaseUrl(text: string, env: Environment): string {
  const problem = databaseUrlProblem(text, env);
  return problem === null ? withHost(text) : wrong(problem);
}

/** Parses a web origin: scheme, host and port. */
export function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url && /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(text);
  return isOrigin ? url.origin : wrong('must be an origin, such as https://postern.example, without a path');
}

/** Parses the origin of the server itself, which cannot be a folder of another site. */
export function publicUrl(text: string): string {
  if (URL.canParse(text) && new URL(text).pathname !== '/') {
    wrong(
      'has a path, but Postern cannot run under a path of another site. Give it a host name of its own, such as https://postern.example',
    );
  }
  return origin(text);
}

/** Parses the address of a page or a mailbox: https: or mailto:, without credentials. */
export function feedbackUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPage = url?.protocol === 'https:' && url.username === '' && url.password === '';
  const isMailbox = url?.protocol === 'mailto:' && url.pathname.includes('@');
  return url && (isPage || isMailbox)
    ? url.href
    : wrong('must be an address such as https://example.com/feedback or mailto:team@example.com');
}

/** Parses web origins, separated by commas. */
export function origins(text: string): readonly string[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '').map(origin);
}

/** A header that has a meaning of its own, or that a browser or a proxy sets. */
const RESERVED_HEADER =
  /^(?:authorization|www-authenticate|connection|cookie2?|set-cookie|forwarded|host|keep-alive|origin|referer|te|trailer|transfer-encoding|upgrade|user-agent|via|x-real-ip|x-request-id|(?:accept|access-control|content|if|proxy|sec|x-forwarded|x-postern)(?:-.*)?)$/;

/** Parses the names of headers that carry a secret, separated by commas; returns them in lower case. */
export function credentialHeaders(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  const given = names.filter((name) => name !== '');
  for (const name of given) {
    if (!/^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(name)) {
      wrong('must be names of letters, digits and hyphens, up to 64 characters each');
    }
    if (RESERVED_HEADER.test(name)) wrong('must not contain the name of a header with another meaning');
  }
  return [...new Set(given)];
}

/** Parses `on` or `off`. */
export function onOff(text: string): boolean {
  return oneOf('on', 'off')(text) === 'on';
}

/** Parses a number of proxies up to `max`, or the CIDR blocks of proxies, separated by commas. */
export function proxies(max: number): (text: string) => number | readonly string[] {
  const count = integer(0, max);
  return (text) => {
    if (/^\d+$/.test(text)) return count(text);
    try {
      return text.split(',').map((block) => parseBlock(block.trim(), []));
    } catch {
      return wrong(`must be an integer from 0 to ${max}, or the addresses or CIDR blocks of proxies`);
    }
  };
}

/** Parses the prefix of secrets; it can be empty. */
export function secretPrefix(text: string): string {
  return text === '' || SECRET_PREFIX.test(text)
    ? text
    : wrong('must be a letter, up to 15 more letters or digits, and an underscore');
}

/** Parses the shapes of secrets of other systems. */
export const foreignShapes: (text: string) => readonly ForeignShape[] = byRule(parseForeignShapes);
