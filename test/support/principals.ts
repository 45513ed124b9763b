import type {
  PersonalTokenPrincipal,
  SessionPrincipal,
  TokenAuthority,
  WorkspaceTokenPrincipal,
} from '../../src/domain/principal.ts';
import { lowestRole, type Role } from '../../src/domain/roles.ts';

/** One token of a chain. By default its access is SCOPED, without scopes. */
export type Link = Partial<TokenAuthority>;

/** Returns the authority of one token, without its chain. */
export function authority(link: Link): TokenAuthority {
  return { tokenId: 't', access: 'SCOPED', scopes: [], lifetime: 10, expiresAt: null, limits: null, ...link };
}

/** The signed-in user `u`. */
export function session(): SessionPrincipal {
  return {
    kind: 'SESSION',
    sessionId: 's',
    userId: 'u',
    verifiedEmail: 'u@example.com',
    mustChangePassword: false,
    endsAt: null,
    authenticatedAt: 0,
    isJwt: false,
    isCommandLine: false,
  };
}

/** A personal token of the user `u`, from the token itself upwards. */
export function personalToken(first: Link, ...above: Link[]): PersonalTokenPrincipal {
  return {
    kind: 'PERSONAL_TOKEN',
    tokenId: 't',
    userId: 'u',
    verifiedEmail: 'u@example.com',
    ownerSignedInAt: 0,
    openRole: null,
    endsAt: null,
    replacesSecret: false,
    chain: [authority(first), ...above.map(authority)],
  };
}

/** A token of the workspace `w` with a role, and the roles of the tokens above it. */
export function workspaceToken(role: Role, ...above: Role[]): WorkspaceTokenPrincipal {
  const link = authority({ access: 'ROLE' });
  return {
    kind: 'WORKSPACE_TOKEN',
    tokenId: 't',
    workspaceId: 'w',
    role: lowestRole(role, ...above),
    subject: null,
    federationId: null,
    endsAt: null,
    replacesSecret: false,
    chain: [link, ...above.map(() => link)],
  };
}
