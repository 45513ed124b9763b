import { randomBytes, timingSafeEqual } from 'node:crypto';

// The accounts of the product itself, which Postern does not know. Yours are in a database, with hashed passwords.
const PASSWORDS: Readonly<Record<string, string>> = { acme: 'acme password', globex: 'globex password' };
const COOKIE = 'session';

/** The customers that are signed in, by the value of their cookie. */
const sessions = new Map<string, string>();

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Signs a customer in; returns the cookie to set, or `null` if the password is wrong. */
export function signIn(customer: string, password: string): string | null {
  const expected = Object.hasOwn(PASSWORDS, customer) ? PASSWORDS[customer] : undefined;
  if (expected === undefined || !isEqual(password, expected)) return null;
  const value = randomBytes(32).toString('base64url');
  sessions.set(value, customer);
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict`;
}

/** Returns the customer that is signed in by a `Cookie` header; `null` if none is. */
export function customerOf(header: string | undefined): string | null {
  const value = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(header ?? '')?.[1];
  return sessions.get(value ?? '') ?? null;
}
