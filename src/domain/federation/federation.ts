import { HOUR, parseDuration } from '../duration.ts';
import { badInput, type InputIssue } from '../errors.ts';
import { toGlobalId } from '../global-id.ts';
import type { Role } from '../roles.ts';
import type { TokenScope } from '../scopes.ts';
import type { ClaimRule } from './claims.ts';

/** The longest lifetime of a token of a federation, in milliseconds. */
const LIFETIME_MAX = HOUR;

/** An issuer of JSON Web Tokens that the operator lists. */
export interface FederationIssuer {
  /** The name in the configuration. */
  readonly id: string;
  /** The issuer identifier, as tokens state it. */
  readonly issuer: string;
  /** The file with the keys of the issuer; `null` if they are fetched from it. */
  readonly keysFile: string | null;
}

/** The settings of the operator for federations. */
export interface FederationSettings {
  readonly issuers: readonly FederationIssuer[];
  /** The audiences that federations can share. */
  readonly audiences: readonly string[];
}

/**
 * The trust of a workspace in some JSON Web Tokens of an issuer: who presents one gets a short-lived workspace token. Instants
 * and durations are in milliseconds.
 */
export interface Federation {
  readonly id: string;
  readonly workspaceId: string;
  /** The user that created it; `null` if the user was deleted. */
  readonly createdBy: string | null;
  /** What its tokens derive from. A change replaces it, and so ends all of them. */
  readonly grantId: string;
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: readonly ClaimRule[];
  readonly role: Role;
  /** `null` for all that the role allows. */
  readonly scopes: readonly TokenScope[] | null;
  readonly maxLifetime: number;
  /** Whether a JSON Web Token is accepted once only. */
  readonly singleUse: boolean;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

/** Returns the address of a federation, which is also its default audience. No page is there. */
export function addressOf(publicUrl: string, id: string): string {
  return `${publicUrl}/federations/${toGlobalId('Federation', id)}`;
}

/** Returns whether an audience is the own address of a federation, at the public URL of today or of an earlier day. */
export function hasOwnAudience({ id, audience }: Pick<Federation, 'id' | 'audience'>): boolean {
  return audience.endsWith(addressOf('', id));
}

/** Returns the lifetime of the tokens of a federation. Throws `BAD_USER_INPUT`. */
export function parseMaxLifetime(text: string, path: InputIssue['path']): number {
  const lifetime = parseDuration(text, path);
  if (lifetime > LIFETIME_MAX) throw badInput(path, 'must be at most PT1H');
  return lifetime;
}
