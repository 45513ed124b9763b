import { INTENTS, type Intent } from '../../domain/accounts/identity-provider.ts';
import { digestOf } from '../../platform/hashing.ts';
import { SIGN_IN_LIFETIME } from '../../services/identity/provider-sign-ins.ts';
import { valuesOf } from './session-cookie.ts';

/** The number of characters of the installation's id, and of the digest of the state, in the cookie's name. */
const ID_LENGTH = 8;
const STATE_DIGEST_LENGTH = 16;
const STATE = /^[0-9a-z]{43}$/;
const MILLISECONDS = 1000;

/** A sign-in at a provider that a browser has begun. */
export interface BegunSignIn {
  /** Binds the sign-in to the browser. The nonce and the PKCE verifier derive from it. */
  readonly secret: string;
  readonly provider: string;
  readonly intent: Intent;
  /** The signed-in user who began it; `null` for the intent `sign-in`. */
  readonly userId: string | null;
  readonly returnTo: string;
}

/** The cookies of begun sign-ins: one for each state. */
export interface SignInCookie {
  /** Returns what the browser began with a state; `null` if nothing, or if it sent different values. */
  read(header: string | null, state: string): BegunSignIn | null;
  /** Returns the `Set-Cookie` header of a begun sign-in. */
  write(state: string, begun: BegunSignIn): string;
  /** Returns the `Set-Cookie` header that deletes what the browser began with a state. */
  delete(state: string): string;
}

/** Returns the digest under which a sign-in is stored: only the browser that began it can name it. */
export function signInDigest(state: string, { secret }: BegunSignIn): string {
  return digestOf(`sign-in:${state}:${secret}`);
}

function parse(value: string): BegunSignIn | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(value, 'base64url').toString());
    if (!Array.isArray(parts) || parts.length !== 5) return null;
    const [secret, provider, intentName, userId, returnTo] = parts as readonly unknown[];
    const intent = INTENTS.find((each) => each === intentName);
    const isText = [secret, provider, returnTo].every((part) => typeof part === 'string');
    // A sign-in belongs to no user, and everything else to one.
    const hasUser = typeof userId === 'string' ? intent !== 'sign-in' : intent === 'sign-in';
    return isText && intent && hasUser
      ? ({ secret, provider, intent, userId, returnTo } as BegunSignIn)
      : null;
  } catch {
    return null;
  }
}

/**
 * Returns the cookies of begun sign-ins of an installation. They are `Lax`, because the provider leads the browser back from
 * another site.
 */
export function createSignInCookie(installationId: string, isSecure: boolean): SignInCookie {
  const prefix = `${isSecure ? '__Host-' : ''}postern-${installationId.slice(0, ID_LENGTH)}-`;
  const nameOf = (state: string) => `${prefix}${digestOf(state).slice(0, STATE_DIGEST_LENGTH)}`;
  const attributes = ['Path=/', 'HttpOnly', 'SameSite=Lax', ...(isSecure ? ['Secure'] : [])];
  const cookie = (state: string, value: string, seconds: number) =>
    [`${nameOf(state)}=${value}`, ...attributes, `Max-Age=${seconds}`].join('; ');

  return {
    read(header, state) {
      const [value, ...others] = STATE.test(state) ? valuesOf(header, nameOf(state)) : [];
      return value === undefined || others.length > 0 ? null : parse(value);
    },
    write(state, { secret, provider, intent, userId, returnTo }) {
      const value = JSON.stringify([secret, provider, intent, userId, returnTo]);
      return cookie(state, Buffer.from(value).toString('base64url'), SIGN_IN_LIFETIME / MILLISECONDS);
    },
    delete: (state) => cookie(state, '', 0),
  };
}
