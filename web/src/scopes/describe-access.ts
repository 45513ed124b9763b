import type { Operation } from '../../../src/domain/scopes.ts';
import { formatDay } from '../components/time.tsx';
import type { Role, TokenAccess } from '../generated/hooks.ts';
import { isolate, operationName, ROLE_NAMES } from '../labels.ts';
import type { ScopeTargets } from './scope-targets.ts';

const SCOPES_MAX = 3;
const LIST = new Intl.ListFormat('en', { type: 'conjunction' });

/** The verbs of operations that need more than their name. */
const VERBS: Readonly<Record<string, string>> = { PUBLISH: 'publish to', SUBSCRIBE: 'subscribe to' };

/** A scope, stored or being edited; an empty string or `null` means "all". */
interface AnyScope {
  readonly entityType: string;
  readonly entityId: string | null;
  /** A pattern of identifiers. */
  readonly entityPattern?: string | null | undefined;
  readonly workspaceId: string | null;
  readonly operations: readonly string[];
}

/** What a token with scopes is allowed to do, stored or being edited. */
export interface Ability {
  readonly access: TokenAccess;
  readonly scopes: readonly AnyScope[];
}

function until(expiresAt: Date | null): string {
  return expiresAt ? `, until ${formatDay(expiresAt)}` : ', and never expires';
}

/** Returns a sentence with what a workspace token can do. */
export function describeRole(
  { name, workspace }: { readonly name: Role; readonly workspace: string },
  expiresAt: Date | null,
): string {
  return `Can do what the role ${ROLE_NAMES[name]} allows in ${isolate(workspace)}${until(expiresAt)}.`;
}

function describeOperations(
  operations: readonly string[],
  offered: readonly Operation[] | undefined,
): string {
  if (offered && offered.length > 2 && offered.every((each) => operations.includes(each))) {
    return 'do everything with';
  }
  return LIST.format(operations.map((each) => VERBS[each] ?? operationName(each)));
}

/** Returns the sentence about workspaces whose token policy blocks a token; an empty string if there are none. */
export function describeBlocks(workspaces: readonly string[]): string {
  if (workspaces.length === 0) return '';
  const reason = workspaces.length === 1 ? 'the token policy there blocks' : 'the token policies there block';
  return `It can't do anything in ${LIST.format(workspaces.map(isolate))} now, because ${reason} it.`;
}

/** Returns what a scope allows, such as "publish to all channels in Main". */
export function describeScope(
  { entityType, entityId, entityPattern, workspaceId, operations }: AnyScope,
  targets: ScopeTargets,
): string {
  const verbs = describeOperations(
    operations,
    targets.operationsOf({ entityType, workspaceId: workspaceId ?? '' }),
  );
  if (entityId) {
    const name = targets.entitiesOf(entityType)?.find(({ id }) => id === entityId)?.name ?? entityId;
    return `${verbs} the ${entityType} ${name}`;
  }
  if (entityPattern) return `${verbs} each ${entityType} that matches ${entityPattern}`;
  if (entityType === 'token') return `${verbs} itself and the tokens it creates`;
  const workspace = workspaceId && targets.workspaces.find(({ id }) => id === workspaceId)?.name;
  return `${verbs} all ${entityType}s${workspace ? ` in ${isolate(workspace)}` : ''}`;
}

function describeScopes(scopes: readonly AnyScope[], targets: ScopeTargets): string {
  const shown = scopes.slice(0, SCOPES_MAX).map((scope) => describeScope(scope, targets));
  const rest = scopes.length - shown.length;
  return LIST.format(rest > 0 ? [...shown, `${rest} more`] : shown);
}

/** Returns a sentence with what a token can do, such as "Can publish to all channels in Main, until Dec 27, 2026". */
export function describeAbility(
  { access, scopes }: Ability,
  targets: ScopeTargets,
  expiresAt: Date | null,
): string {
  if (access === 'FULL') return `Can do everything you can with workspaces and channels${until(expiresAt)}.`;
  if (access === 'NONE') return "Can't do anything until you grant access.";
  if (scopes.length === 0) return "Can't do anything until you add a scope.";
  return `Can ${describeScopes(scopes, targets)}${until(expiresAt)}.`;
}
