import { failure } from '../../domain/errors.ts';

/** The number of characters of the installation's id in the cookie's name. */
const ID_LENGTH = 8;
const MILLISECONDS = 1000;

/** The session that a cookie contains. `expiresAt` is in milliseconds. */
export interface CookieSession {
  readonly secret: string;
  readonly expiresAt: number;
}

/** The cookie of a signed-in user. */
export interface SessionCookie {
  readonly name: string;
  /**
   * Returns the secret in a `Cookie` header; `null` if absent. Throws `INVALID_AUTH_HEADER` if it has several different
   * values, because another host of the domain can have set one of them.
   */
  read(header: string | null): string | null;
  /** Returns the `Set-Cookie` header of a session, which scripts cannot read; for `null`, one that deletes the cookie. */
  write(session: CookieSession | null, now: number): string;
}

/** Returns the different values of a cookie in a `Cookie` header. */
export function valuesOf(header: string | null, name: string): ReadonlySet<string> {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const [key, value] = pair.trim().split('=', 2);
    return key === name && value ? [value] : [];
  });
  return new Set(values);
}

/**
 * Creates the session cookie of an installation. Its name is unique per installation, because cookies are shared by all ports
 * of a host. Over https, the prefix `__Host-` prevents other hosts of the domain from setting it (RFC 6265bis, section
 * 4.1.3.2).
 */
export function createSessionCookie(installationId: string, isSecure: boolean): SessionCookie {
  const name = `${isSecure ? '__Host-' : ''}postern-${installationId.slice(0, ID_LENGTH)}`;
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Strict', ...(isSecure ? ['Secure'] : [])];

  return {
    name,
    read(header) {
      const [secret = null, ...others] = valuesOf(header, name);
      if (others.length === 0) return secret;
      throw failure(
        'INVALID_AUTH_HEADER',
        `The cookie ${name} was sent with different values. Delete the cookies of this site.`,
      );
    },
    write(session, now) {
      const seconds = session ? Math.max(0, Math.floor((session.expiresAt - now) / MILLISECONDS)) : 0;
      return [`${name}=${session?.secret ?? ''}`, ...attributes, `Max-Age=${seconds}`].join('; ');
    },
  };
}
