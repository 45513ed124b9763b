import { failure } from '../../domain/errors.ts';

/** As many characters of the installation's id as are in the name of the cookie. */
const ID_LENGTH = 8;
const MILLISECONDS = 1000;

/** What the cookie keeps: a session's secret, until an instant in milliseconds. */
export interface CookieSession {
  readonly secret: string;
  readonly expiresAt: number;
}

/** The cookie that keeps a person signed in. */
export interface SessionCookie {
  readonly name: string;
  /**
   * The secret in a `Cookie` header; `null` if it has none. Throws `INVALID_AUTH_HEADER` if it has different ones: another
   * host of the domain may have set one of them, and nothing tells which.
   */
  read(header: string | null): string | null;
  /** The `Set-Cookie` that keeps a session out of reach of scripts and of other sites; for `null`, one that deletes the cookie. */
  write(session: CookieSession | null, now: number): string;
}

function valuesOf(header: string | null, name: string): ReadonlySet<string> {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const [key, value] = pair.trim().split('=', 2);
    return key === name && value ? [value] : [];
  });
  return new Set(values);
}

/**
 * The cookie of an installation. Its name differs from that of others on the same host, since cookies know no ports. If it
 * is secure, that is over https, the prefix `__Host-` keeps other hosts of the domain from setting it (RFC 6265bis,
 * section 4.1.3.2).
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
        `The cookie ${name} was sent with different values: delete the cookies of this site.`,
      );
    },
    write(session, now) {
      const seconds = session ? Math.max(0, Math.floor((session.expiresAt - now) / MILLISECONDS)) : 0;
      return [`${name}=${session?.secret ?? ''}`, ...attributes, `Max-Age=${seconds}`].join('; ');
    },
  };
}
