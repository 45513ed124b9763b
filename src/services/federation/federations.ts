import { isDeepStrictEqual } from 'node:util';
import { badInput, failure, forbidden, inputCheck } from '../../domain/errors.ts';
import { type ClaimRule, parseClaimRules } from '../../domain/federation/claims.ts';
import {
  addressOf,
  type Federation,
  type FederationSettings,
  parseMaxLifetime,
} from '../../domain/federation/federation.ts';
import type { Limits } from '../../domain/limits.ts';
import type { Principal } from '../../domain/principal.ts';
import type { Role } from '../../domain/roles.ts';
import { sameRule, type TokenScope } from '../../domain/scopes.ts';
import { parseName } from '../../domain/text.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import {
  findFederation,
  insertFederation,
  listFederations,
  updateFederation,
} from '../../storage/repositories/federation/federations.ts';
import { authorize } from '../access/authorize.ts';
import { resolveScopeRules, type ScopeRequest } from '../access/delegation.ts';
import { deleteTokensOfGrant } from '../tokens/descendants.ts';
import { sessionOf, type UnitOfWork } from '../transactions/unit-of-work.ts';
import { requireCanGive, requireRoleNotBelow } from '../workspaces/members.ts';
import { auditFederation, endFederations } from './ends.ts';

/** The federations of one workspace. */
const FEDERATIONS_MAX = 100;

/** A change of a federation. `scopes: null` stands for all that the role allows; any other `null` or `undefined` changes nothing. */
export interface UpdateFederationRequest {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly claims?: readonly ClaimRule[] | null | undefined;
  readonly role?: Role | null | undefined;
  readonly scopes?: readonly ScopeRequest[] | null | undefined;
  /** An ISO 8601 duration. */
  readonly maxLifetime?: string | null | undefined;
  readonly singleUse?: boolean | null | undefined;
}

export interface CreateFederationRequest {
  readonly workspaceId: string;
  readonly name: string;
  readonly issuer: string;
  readonly audience?: string | null | undefined;
  readonly claims: readonly ClaimRule[];
  readonly role: Role;
  readonly scopes?: readonly ScopeRequest[] | null | undefined;
  /** An ISO 8601 duration. */
  readonly maxLifetime: string;
  readonly singleUse: boolean;
}

/** Manages the federations of workspaces. */
export interface FederationService {
  /** Returns the addresses of the issuers that federations can have, in the order of the configuration. */
  readonly issuers: readonly string[];
  /** Returns the audiences that federations can share. */
  readonly audiences: readonly string[];
  /** Returns the federations of a workspace that the caller administers, oldest first. */
  list(workspaceId: string): Promise<Federation[]>;
  /** Returns a federation of a workspace that the caller administers; `null` for any other. */
  find(principal: Principal, id: string): Promise<Federation | null>;
  /**
   * Creates a federation. Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, or `FORBIDDEN` with `EXCEEDS_CALLER` if the role is above
   * the caller's, or with `POLICY` if the workspace allows no tokens of the role.
   */
  create(uow: UnitOfWork, request: CreateFederationRequest): Promise<Federation>;
  /**
   * Changes a federation. Unless only its name changes, its tokens are refused from the next request on. Throws the errors of
   * `create`, and `FORBIDDEN` with `ROLE_REQUIRED` if the role before is above the caller's.
   */
  update(uow: UnitOfWork, request: UpdateFederationRequest): Promise<Federation>;
  /** Deletes a federation. Its tokens are refused from the next request on. Throws `NOT_FOUND` or `ROLE_REQUIRED`. */
  delete(uow: UnitOfWork, id: string): Promise<void>;
}

/** Returns whether scopes have the same rules. */
function sameScopes(a: Federation['scopes'], b: Federation['scopes']): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((rule, index) => sameRule(rule, b[index] as TokenScope));
}

/** Returns whether a change leaves the tokens of a federation as they are. */
function sameAuthority(a: Federation, b: Federation): boolean {
  const rest = ({ claims, role, maxLifetime, singleUse }: Federation) => [
    claims,
    role,
    maxLifetime,
    singleUse,
  ];
  return isDeepStrictEqual(rest(a), rest(b)) && sameScopes(a.scopes, b.scopes);
}

/** Returns the authorized federation. Throws `NOT_FOUND`, or `FORBIDDEN` with `ROLE_REQUIRED` if its role is above the caller's. */
async function loadFederation(uow: UnitOfWork, id: string): Promise<Federation> {
  const federation = await findFederation(uow.tx, id);
  if (!federation) throw failure('NOT_FOUND');
  requireRoleNotBelow(uow, federation.role);
  return federation;
}

function requireRole(uow: UnitOfWork, role: Role): void {
  requireCanGive(uow, role);
  if (!uow.grant.access?.policy.tokenRoles.includes(role)) throw forbidden('POLICY');
}

/** Returns what the audit log says about the authority of a federation. */
function describe({ audience, claims, role, scopes, maxLifetime, singleUse }: Federation) {
  const seconds = maxLifetime / 1000;
  return { audience, claims, role, scopes: scopes?.length ?? null, maxLifetime: seconds, singleUse };
}

/** Returns the service of federations. */
export function createFederationService(deps: {
  db: Executor;
  clock: Clock;
  limits: Limits;
  settings: FederationSettings;
  publicUrl: string | null;
}): FederationService {
  const { db, clock, limits, settings, publicUrl } = deps;
  const issuers = settings.issuers.map(({ issuer }) => issuer);

  function parseIssuer(issuer: string): string {
    if (issuers.includes(issuer)) return issuer;
    throw badInput(['input', 'issuer'], 'must be an issuer that the operator lists in POSTERN_FEDERATION');
  }

  function parseAudience(audience: string | null | undefined, id: string): string {
    if (audience == null) return addressOf(publicUrl ?? '', id);
    if (settings.audiences.includes(audience)) return audience;
    throw badInput(
      ['input', 'audience'],
      'must be left out, or an audience that the operator lists in POSTERN_FEDERATION_AUDIENCES',
    );
  }

  async function resolveScopes(
    uow: UnitOfWork,
    workspaceId: string,
    requests: readonly ScopeRequest[] | null | undefined,
  ): Promise<TokenScope[] | null> {
    if (requests == null) return null;
    const rules = await resolveScopeRules(uow, { workspaceId }, requests, ['input', 'scopes'], limits);
    return rules.map((rule) => ({ ...rule, id: uow.newId() }));
  }

  async function requireBelowLimit({ tx }: UnitOfWork, workspaceId: string): Promise<void> {
    if ((await listFederations(tx, workspaceId, FEDERATIONS_MAX)).length < FEDERATIONS_MAX) return;
    throw failure('LIMIT_REACHED', `A workspace can have at most ${FEDERATIONS_MAX} federations.`);
  }

  return {
    issuers,
    audiences: settings.audiences,

    list: (workspaceId) => listFederations(db, workspaceId, FEDERATIONS_MAX),

    async find(principal, id) {
      const federation = await findFederation(db, id);
      if (!federation) return null;
      const { workspaceId } = federation;
      const request = { kind: 'role', role: 'ADMINISTRATOR', workspaceId } as const;
      return (await authorize(db, principal, request, clock())).allowed ? federation : null;
    },

    async create(uow, request) {
      const { workspaceId, role, singleUse } = request;
      const id = uow.newId();
      const check = inputCheck();
      const name = check.try(() => parseName(request.name, ['input', 'name'])) ?? '';
      const issuer = check.try(() => parseIssuer(request.issuer)) ?? '';
      const audience = check.try(() => parseAudience(request.audience, id)) ?? '';
      const claims = check.try(() => parseClaimRules(request.claims, ['input', 'claims'])) ?? [];
      const maxLifetime =
        check.try(() => parseMaxLifetime(request.maxLifetime, ['input', 'maxLifetime'])) ?? 0;
      check.finish();
      requireRole(uow, role);
      const scopes = await resolveScopes(uow, workspaceId, request.scopes);
      await requireBelowLimit(uow, workspaceId);
      const federation: Federation = {
        ...{ id, workspaceId, createdBy: sessionOf(uow).userId, grantId: uow.newId() },
        ...{ name, issuer, audience, claims, role, scopes, maxLifetime, singleUse },
        createdAt: uow.now,
        lastUsedAt: null,
      };
      await insertFederation(uow.tx, federation);
      await auditFederation(uow, 'federation.created', federation, describe(federation));
      return federation;
    },

    async update(uow, request) {
      const before = await loadFederation(uow, request.id);
      const check = inputCheck();
      const { name, claims, maxLifetime } = request;
      const changes = {
        ...(name != null && { name: check.try(() => parseName(name, ['input', 'name'])) }),
        ...(claims != null && { claims: check.try(() => parseClaimRules(claims, ['input', 'claims'])) }),
        ...(maxLifetime != null && {
          maxLifetime: check.try(() => parseMaxLifetime(maxLifetime, ['input', 'maxLifetime'])),
        }),
        ...(request.role != null && { role: request.role }),
        ...(request.singleUse != null && { singleUse: request.singleUse }),
      } as Partial<Federation>;
      check.finish();
      if (changes.role) requireRole(uow, changes.role);
      const scopes =
        request.scopes === undefined
          ? before.scopes
          : await resolveScopes(uow, before.workspaceId, request.scopes);
      const changed = { ...before, ...changes, scopes };
      const isSame = sameAuthority(before, changed);
      const after = isSame ? { ...changed, scopes: before.scopes } : { ...changed, grantId: uow.newId() };
      await updateFederation(uow.tx, before.id, after);
      await auditFederation(uow, 'federation.updated', after, isSame ? {} : describe(after));
      if (!isSame) await deleteTokensOfGrant(uow, before);
      return after;
    },

    async delete(uow, id) {
      await endFederations(uow, [await loadFederation(uow, id)]);
    },
  };
}
