const NAME = 'postern_session';

/** The secret in the session cookie of a `Cookie` header; `null` where there is none. */
export function readSessionCookie(header: string | null): string | null {
  for (const pair of header?.split(';') ?? []) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === NAME && value) return value;
  }
  return null;
}

/** What the cookie keeps: a session's secret, until an instant in milliseconds. */
export interface CookieSession {
  readonly secret: string;
  readonly expiresAt: number;
}

/** The `Set-Cookie` that keeps a session out of reach of scripts and of other sites; for `null`, takes the cookie out. */
export function writeSessionCookie(session: CookieSession | null, secure: boolean): string {
  const { secret, expiresAt } = session ?? { secret: '', expiresAt: 0 };
  const expires = new Date(expiresAt).toUTCString();
  const attributes = [
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    `Expires=${expires}`,
    ...(secure ? ['Secure'] : []),
  ];
  return [`${NAME}=${secret}`, ...attributes].join('; ');
}
