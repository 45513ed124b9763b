import { MINUTE, parseDuration } from '../../../src/domain/duration.ts';
import type { FederationPartsFragment, Role } from '../generated/hooks.ts';
import {
  draftOf,
  emptyDraft,
  type GivenScope,
  missingInScopes,
  type ScopeDraft,
  toScopeInput,
} from '../scopes/scope-draft.ts';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { TEMPLATES, type TemplateName } from './templates.ts';

/** A condition on a claim, as the user edits it. */
export interface ClaimDraft {
  readonly key: string;
  readonly name: string;
  readonly value: string;
  readonly placeholder: string;
}

/** What the tokens of a federation can do: all that its role allows, or some scopes within it. */
export type FederationAccess = 'ROLE' | 'SCOPED';

/** The fields of a federation, as the user edits them. */
export interface FederationValue {
  readonly template: TemplateName | null;
  readonly name: string;
  readonly issuer: string;
  /** An empty string for the federation's own address. */
  readonly audience: string;
  readonly claims: readonly ClaimDraft[];
  readonly role: Role;
  readonly access: FederationAccess;
  readonly scopes: readonly ScopeDraft[];
  /** Scopes that the form does not offer. They stay until the user removes them. */
  readonly otherScopes: readonly GivenScope[];
  readonly minutes: string;
  readonly singleUse: boolean;
}

const DEFAULT_MINUTES = '15';

/** Returns a condition that the user has not filled in. */
export function emptyClaim(name = '', value = '', placeholder = ''): ClaimDraft {
  return { key: emptyDraft().key, name, value, placeholder };
}

/** Returns the content of the form for a new federation. */
export function emptyValue(issuers: readonly string[]): FederationValue {
  return {
    template: null,
    name: '',
    issuer: issuers.length === 1 ? (issuers[0] ?? '') : '',
    audience: '',
    claims: [emptyClaim()],
    role: 'VIEWER',
    access: 'ROLE',
    scopes: [emptyDraft()],
    otherScopes: [],
    minutes: DEFAULT_MINUTES,
    singleUse: true,
  };
}

/** Returns the content of the form for a federation. */
export function toValue(federation: FederationPartsFragment, targets: ScopeTargets): FederationValue {
  const { name, issuer, audience, claims, role, scopes, maxLifetime, singleUse } = federation;
  const given = (scopes ?? []).map((scope) => ({ scope, draft: draftOf(scope, targets) }));
  return {
    template: null,
    name,
    issuer,
    audience,
    claims: claims.map((claim) => emptyClaim(claim.name, claim.value)),
    role,
    access: scopes ? 'SCOPED' : 'ROLE',
    scopes: scopes ? given.flatMap(({ draft }) => draft ?? []) : [emptyDraft()],
    otherScopes: given.flatMap(({ scope, draft }) => (draft ? [] : scope)),
    minutes: String(parseDuration(maxLifetime, []) / MINUTE),
    singleUse,
  };
}

/** Returns the changes of a template. What the user typed stays, also in claims that the template does not ask for. */
export function applyTemplate(
  value: FederationValue,
  name: TemplateName,
  issuers: readonly string[],
): Partial<FederationValue> {
  const { claims, issuer, singleUse } = TEMPLATES[name];
  const before = value.template ? TEMPLATES[value.template].claims : [];
  const isTyped = (claim: ClaimDraft) =>
    claim.value !== '' && !before.some((each) => each.name === claim.name && each.value === claim.value);
  const typed = value.claims.filter(isTyped);
  const asked = claims.map((each) => {
    const { key, value: text } = typed.find((claim) => claim.name === each.name) ?? emptyClaim();
    return { key, name: each.name, value: text || (each.value ?? ''), placeholder: each.placeholder };
  });
  const others = typed.filter((claim) => !claims.some((each) => each.name === claim.name));
  const usual = issuer === null ? undefined : issuers.find((each) => each.includes(issuer));
  return {
    template: name,
    claims: [...asked, ...others],
    singleUse,
    ...(usual !== undefined && { issuer: usual }),
  };
}

/** Returns what the user still has to fill in, as sentences; an empty string if nothing is missing. */
export function missingIn(value: FederationValue): string {
  const { name, issuer, claims, access, scopes, otherScopes, minutes } = value;
  const complete = claims.length > 0 && claims.every((claim) => claim.name && claim.value);
  return [
    name.trim() === '' && 'Enter a name.',
    issuer === '' && 'Choose an issuer.',
    !complete && 'Fill in each claim.',
    access === 'SCOPED' && missingInScopes(scopes, otherScopes.length),
    minutes === '' && 'Enter how long a token is valid.',
  ]
    .filter(Boolean)
    .join(' ');
}

/** Returns the part of the form that creating and changing take. */
export function toInput(value: FederationValue) {
  const { name, claims, role, access, scopes, otherScopes, minutes, singleUse } = value;
  // Only the fields of the input: a result of the API has more.
  const others = otherScopes.map(({ entityType, entityId, entityPattern, workspaceId, operations }) => ({
    ...{ entityType, entityId, workspaceId, entityPattern: entityPattern ?? null },
    operations: [...operations],
  }));
  return {
    name,
    claims: claims.map((claim) => ({ name: claim.name.trim(), value: claim.value })),
    role,
    scopes: access === 'SCOPED' ? [...scopes.map(toScopeInput), ...others] : null,
    maxLifetime: `PT${Math.round(Number(minutes) * 60)}S`,
    singleUse,
  };
}

/** Returns the fields of `after` that differ from `before`: the API ends the tokens of a federation for each other change than of its name. */
export function changesIn(before: FederationValue, after: FederationValue) {
  const present = toInput(before);
  const changed = Object.entries(toInput(after)).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(present[field as keyof typeof present]),
  );
  return Object.fromEntries(changed) as Partial<ReturnType<typeof toInput>>;
}
