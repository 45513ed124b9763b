import type { Role } from './roles.ts';
import type { Operation } from './scopes.ts';

/** The path of an id: in the arguments of the field, such as `input.id`, or in its parent object, `parent.id`. */
export type IdPath = string;

/** The path of another argument, such as `input.role`. */
export type ArgumentPath = string;

/**
 * The calls for which a session must have signed in or re-authenticated recently: every call, or those that concern a role
 * of at least `from`.
 */
export type Reauthentication =
  | true
  | {
      readonly from: Role;
      /** The argument with the role that the call gives. */
      readonly role?: ArgumentPath;
      /** The member whose current role counts too. */
      readonly member?: IdPath;
    };

/**
 * What a field requires of its caller, declared at the field as data. The authorization of the field, its description in
 * the schema and the tests follow from it.
 */
export type Requirement =
  /** Every caller is allowed. */
  | { readonly kind: 'anyone' }
  /** Every caller but a token is allowed. */
  | { readonly kind: 'person' }
  /** A session or a token. */
  | { readonly kind: 'credential' }
  | {
      readonly kind: 'session';
      readonly reauthentication?: true;
      /** The session of a user with a temporary password is allowed to make the call. It can make no other. */
      readonly allowsTemporaryPassword?: true;
      /** The session of a command line and a JSON Web Token of a provider are refused. */
      readonly consoleOnly?: true;
    }
  | {
      readonly kind: 'role';
      readonly role: Role;
      readonly workspace: IdPath;
      /** The user that the call applies to; that user is allowed to make it with any role. */
      readonly orSelf?: IdPath;
      readonly reauthentication?: Reauthentication;
    }
  /** A session of an Administrator: of the workspace in which a federation is created, or of that of an existing one. */
  | {
      readonly kind: 'federation';
      readonly workspace?: IdPath;
      readonly federation?: IdPath;
      readonly reauthentication: true;
    }
  | {
      readonly kind: 'entity';
      readonly operation: Operation;
      readonly entityType: 'workspace' | 'channel';
      readonly entity?: IdPath;
      readonly workspace?: IdPath;
      /** An argument that lists operations that the call gives. The caller must be allowed each; the mutation checks that. */
      readonly gives?: ArgumentPath;
      /** The query itself leaves out what is not visible to the caller. */
      readonly lookup?: true;
    }
  | {
      readonly kind: 'token';
      readonly operation: Operation;
      readonly token?: IdPath;
      /** The role that the call requires if its target is a workspace token. */
      readonly workspaceRole?: Role;
      /** Personal tokens are refused. Their scopes cannot allow the call. */
      readonly refusesPersonalTokens?: true;
      /**
       * A token can make the call only on itself and its descendants, because the call gives authority. With paths, this
       * applies to calls that have one of these arguments.
       */
      readonly subtreeOnly?: true | readonly ArgumentPath[];
      /** An argument that lists scopes that the call gives. A calling token must have them; the mutation checks that. */
      readonly gives?: ArgumentPath;
      readonly lookup?: true;
      /** A call that gives authority, as `subtreeOnly` says, concerns the role of the token. */
      readonly reauthentication?: Reauthentication;
    };

function title(role: Role): string {
  return role
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

/** Returns the sentences that state a requirement in the description of a field. */
export function describeRequirement(requires: Requirement): string {
  return `${describeAuthority(requires)}${describeReauthentication(requires)}`;
}

function describeReauthentication(requires: Requirement): string {
  if (!('reauthentication' in requires) || !requires.reauthentication) return '';
  const { reauthentication } = requires;
  return ` ${describeOccasion(reauthentication)} must have signed in or called reauthenticate in the last 10 minutes; otherwise the call is refused with REAUTHENTICATION_REQUIRED.`;
}

function describeOccasion(reauthentication: Reauthentication): string {
  if (reauthentication === true) return 'A session';
  const { from } = reauthentication;
  return `If the call concerns the role ${title(from)}${from === 'OWNER' ? '' : ' or a higher one'}, a session`;
}

function describeAuthority(requires: Requirement): string {
  switch (requires.kind) {
    case 'anyone':
      return 'Requires no credential.';
    case 'person':
      return 'Requires no credential. Tokens are refused.';
    case 'credential':
      return 'Requires a session or a token.';
    case 'session':
      return requires.consoleOnly
        ? 'Requires a session that a person signed in to. Tokens, JSON Web Tokens and the sessions of command lines are refused.'
        : 'Requires a session. Tokens are refused.';
    case 'role': {
      const orSelf = requires.orSelf ? ', unless the call applies to the caller' : '';
      return `Requires the role ${title(requires.role)} in the workspace${orSelf}. Personal tokens are refused.`;
    }
    case 'federation':
      return 'Requires a session of an Administrator of the workspace. Tokens are refused.';
    case 'entity': {
      const target = requires.entity ? `the ${requires.entityType}` : `${requires.entityType}s`;
      return `Requires ${requires.operation} on ${target}, by a role or a share, and by a scope if the caller is a SCOPED token.`;
    }
    case 'token':
      return describeTokenRequirement(requires);
  }
}

function describeTokenRequirement(requires: Requirement & { kind: 'token' }): string {
  const { operation, token, workspaceRole, refusesPersonalTokens, subtreeOnly } = requires;
  const session = token ? 'Requires a session of the owner of the token' : 'Requires a session';
  const scope = refusesPersonalTokens ? '.' : `, or a token with a scope that allows ${operation} on tokens.`;
  const workspace = workspaceRole
    ? ` If the token belongs to a workspace: requires the role ${title(workspaceRole)} in it; personal tokens are refused.`
    : '';
  return `${session}${scope}${workspace}${describeSubtree(subtreeOnly)}`;
}

function describeSubtree(subtreeOnly: true | readonly ArgumentPath[] | undefined): string {
  if (subtreeOnly === undefined) return '';
  const names = subtreeOnly === true ? [] : subtreeOnly.map((path) => path.split('.').at(-1));
  const condition = subtreeOnly === true ? '' : `, if any of ${names.join(', ')} is set`;
  return ` A token can call it only on itself and its descendants${condition}; other calls are refused with EXCEEDS_CALLER.`;
}
