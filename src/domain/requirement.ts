import type { Role } from './roles.ts';
import type { Operation } from './scopes.ts';

/** Where a field finds an id: in its arguments, such as `input.id`, or in the object that it belongs to, `parent.id`. */
export type IdPath = string;

/** Where a field finds another argument, such as `input.role`. */
export type ArgumentPath = string;

/**
 * What a field needs of its caller, declared at the field as data. The check, the field's description, `viewer.can` and
 * the tests all follow from it.
 */
export type Requirement =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'person' }
  | { readonly kind: 'credential' }
  | { readonly kind: 'session' }
  | { readonly kind: 'role'; readonly role: Role; readonly workspace: IdPath; readonly orSelf?: IdPath }
  | {
      readonly kind: 'entity';
      readonly operation: Operation;
      readonly entityType: 'workspace' | 'channel';
      readonly entity?: IdPath;
      readonly workspace?: IdPath;
      /** The query itself leaves out what the caller may not see. */
      readonly lookup?: true;
    }
  | {
      readonly kind: 'token';
      readonly operation: Operation;
      readonly token?: IdPath;
      /** What it takes on a workspace token, where that can be the target. */
      readonly workspaceRole?: Role;
      /** No scope is enough: of tokens, only workspace tokens may. */
      readonly refusesPersonalTokens?: true;
      /**
       * It gives authority: a token may do it only to itself and its descendants. With a path, only a call that has this
       * argument does.
       */
      readonly subtreeOnly?: true | ArgumentPath;
      readonly lookup?: true;
    };

function title(role: Role): string {
  return role
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

/** A need in a sentence, for the schema's descriptions. */
export function describeRequirement(need: Requirement): string {
  switch (need.kind) {
    case 'anyone':
      return 'Needs nothing: anyone may call it.';
    case 'person':
      return 'Needs no credential; refused to every token.';
    case 'credential':
      return 'Needs any credential.';
    case 'session':
      return 'Needs a signed-in person; refused to every token.';
    case 'role':
      return `Needs the role ${title(need.role)} in the workspace${need.orSelf ? ', or to be the one concerned' : ''}; refused to every personal token.`;
    case 'entity':
      return `Needs ${need.operation} on the ${need.entityType}: a token by its scopes, a person by role or share.`;
    case 'token': {
      const workspace = need.workspaceRole
        ? ` On a workspace token: the role ${title(need.workspaceRole)}, refused to every personal token.`
        : '';
      const owner = need.refusesPersonalTokens
        ? 'Needs to own the token, as a signed-in person.'
        : `Needs to own the token, or a scope with ${need.operation} on tokens.`;
      return `${owner}${workspace}${describeSubtree(need.subtreeOnly)}`;
    }
  }
}

function describeSubtree(subtreeOnly: true | ArgumentPath | undefined): string {
  if (subtreeOnly === undefined) return '';
  const condition = subtreeOnly === true ? '' : ` where ${subtreeOnly.split('.').at(-1)} is given`;
  return ` Called with a token: only on itself and its descendants${condition}, FORBIDDEN with EXCEEDS_CALLER otherwise.`;
}
