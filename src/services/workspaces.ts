import { reachOf } from '../domain/authority.ts';
import { formatDuration, parseDuration } from '../domain/duration.ts';
import { failure } from '../domain/errors.ts';
import { toGlobalId } from '../domain/global-id.ts';
import type { Limits } from '../domain/limits.ts';
import { type PageArguments, parsePage } from '../domain/paging.ts';
import type { PersonalTokenPolicy, TokenPolicy } from '../domain/policy.ts';
import { type Principal, userIdOf } from '../domain/principal.ts';
import { ROLES, type Role } from '../domain/roles.ts';
import { parseName, slugOf } from '../domain/text.ts';
import { DEFAULT_POLICY, type Workspace } from '../domain/workspace.ts';
import type { SecretSource } from '../platform/secrets.ts';
import type { Executor } from '../storage/database.ts';
import { countMembers, insertMember } from '../storage/members.ts';
import {
  countWorkspaces,
  createdMoreWorkspaces,
  deleteWorkspace,
  findWorkspaces,
  findWorkspaceWithin,
  insertWorkspace,
  isSlugTaken,
  pageWorkspaces,
  renameWorkspace,
  setPolicy,
  WORKSPACE_ORDER,
} from '../storage/workspaces.ts';
import { type Change, sessionOf } from './changes.ts';
import { EMPTY_LISTING, type Listing } from './listing.ts';
import { deleteTokensOf } from './token-stops.ts';

const NAME = ['input', 'name'] as const;
const SUFFIX_LENGTH = 5;

/** What is `undefined` stays; a `maxLifetime` of `null` is no limit, any other `null` stays too. */
export interface TokenPolicyRequest {
  readonly workspaceId: string;
  readonly personalTokens?: PersonalTokenPolicy | null | undefined;
  /** An ISO 8601 duration. */
  readonly maxLifetime?: string | null | undefined;
  readonly requireExpiry?: boolean | null | undefined;
  readonly tokenRoles?: readonly Role[] | null | undefined;
}

/** Workspaces: making, reading and ending them, and what they demand of tokens. */
export interface WorkspaceService {
  /** A workspace that the caller may read; `null` where it is absent, not visible or closed by policy. */
  find(principal: Principal, id: string): Promise<Workspace | null>;
  /** The workspaces that the caller may list, oldest first. Throws `BAD_USER_INPUT` on bad paging. */
  list(principal: Principal, page: PageArguments): Promise<Listing<Workspace>>;
  /** A workspace whose Owner is the signed-in person. Throws `BAD_USER_INPUT`, or `LIMIT_REACHED` if the person created too many that exist. */
  create(change: Change, name: string): Promise<Workspace>;
  /** Gives a workspace another name; the slug stays. Throws `BAD_USER_INPUT`. */
  rename(change: Change, id: string, name: string): Promise<Workspace>;
  /** Changes what a workspace demands of tokens, existing ones included, at once. Throws `BAD_USER_INPUT`. */
  updatePolicy(change: Change, request: TokenPolicyRequest): Promise<Workspace>;
  /** Deletes a workspace with its members, invitations and tokens; the audit log keeps their names. */
  delete(change: Change, id: string): Promise<void>;
}

/** A workspace as it stands in the transaction of a change. Throws `NOT_FOUND`. */
async function workspaceOf(change: Change, id: string): Promise<Workspace> {
  const [workspace] = await findWorkspaces(change.tx, [id]);
  if (!workspace) throw failure('NOT_FOUND');
  return workspace;
}

/** Stores a workspace with its first Owner and the default policy. Fails where the slug is taken. */
export async function foundWorkspace(
  change: Change,
  { name, slug, ownerId }: { name: string; slug: string; ownerId: string },
): Promise<Workspace> {
  const workspace = { id: change.newId(), name, slug, createdAt: change.now, policy: DEFAULT_POLICY };
  await insertWorkspace(change.tx, workspace, ownerId);
  const owner = { workspaceId: workspace.id, userId: ownerId, role: 'OWNER', joinedAt: change.now } as const;
  await insertMember(change.tx, owner);
  await auditWorkspace(change, 'workspace.created', workspace, { name, slug });
  return workspace;
}

async function auditWorkspace(
  change: Change,
  action: 'workspace.created' | 'workspace.updated' | 'workspace.policy_updated',
  { id }: Workspace,
  detail: Record<string, unknown>,
): Promise<void> {
  await change.audit({ action, workspaceId: id, targetId: toGlobalId('Workspace', id), detail });
}

/** Workspaces over a database. */
export function createWorkspaceService(deps: {
  db: Executor;
  secrets: SecretSource;
  limits: Limits;
}): WorkspaceService {
  const { db, secrets, limits } = deps;

  /** The slug of a name; where another workspace has it, with something random behind. */
  async function freeSlug(tx: Executor, name: string): Promise<string> {
    const plain = slugOf(name);
    let slug = plain;
    while (await isSlugTaken(tx, slug)) slug = `${plain}-${secrets.text(SUFFIX_LENGTH)}`;
    return slug;
  }

  return {
    async find(principal, id) {
      const reach = reachOf(principal, 'READ', 'workspace');
      return reach && findWorkspaceWithin(db, reach, id);
    },

    async list(principal, page) {
      const window = parsePage(page, WORKSPACE_ORDER);
      const reach = reachOf(principal, 'LIST', 'workspace');
      if (!reach) return EMPTY_LISTING;
      return {
        ...(await pageWorkspaces(db, reach, window)),
        totalCount: () => countWorkspaces(db, reach),
      };
    },

    async create(change, text) {
      const name = parseName(text, NAME);
      const ownerId = sessionOf(change).userId;
      const workspace = await foundWorkspace(change, {
        name,
        slug: await freeSlug(change.tx, name),
        ownerId,
      });
      const most = limits.workspacesPerUser;
      if (await createdMoreWorkspaces(change.tx, ownerId, most)) {
        throw failure('LIMIT_REACHED', `A user can create at most ${most} workspaces.`);
      }
      return workspace;
    },

    async rename(change, id, text) {
      const name = parseName(text, NAME);
      const workspace = await workspaceOf(change, id);
      await renameWorkspace(change.tx, id, name);
      await auditWorkspace(change, 'workspace.updated', workspace, { name, before: workspace.name });
      return { ...workspace, name };
    },

    async updatePolicy(change, request) {
      const changes = parsePolicyChanges(request);
      const workspace = await workspaceOf(change, request.workspaceId);
      const policy = { ...workspace.policy, ...changes };
      await setPolicy(change.tx, workspace.id, policy);
      await auditWorkspace(change, 'workspace.policy_updated', workspace, publicPolicy(changes));
      return { ...workspace, policy };
    },

    async delete(change, id) {
      const { name, slug } = await workspaceOf(change, id);
      const members = await countMembers(change.tx, id);
      const tokens = await deleteTokensOf(change, { workspaceId: id });
      await deleteWorkspace(change.tx, id);
      await change.audit({
        action: 'workspace.deleted',
        // Nobody can read the workspace's own log any more.
        userId: userIdOf(change.principal),
        workspaceId: id,
        targetId: toGlobalId('Workspace', id),
        detail: { name, slug, members, tokens },
      });
    },
  };
}

function parsePolicyChanges(request: TokenPolicyRequest): Partial<TokenPolicy> {
  const { personalTokens, maxLifetime, requireExpiry, tokenRoles } = request;
  const path = ['input', 'maxLifetime'];
  return {
    ...(personalTokens != null && { personalTokens }),
    ...(maxLifetime !== undefined && {
      maxLifetime: maxLifetime === null ? null : parseDuration(maxLifetime, path),
    }),
    ...(requireExpiry != null && { requireExpiry }),
    ...(tokenRoles != null && { tokenRoles: ROLES.filter((role) => tokenRoles.includes(role)) }),
  };
}

/** A policy as the API tells it. */
function publicPolicy({ maxLifetime, ...others }: Partial<TokenPolicy>): Record<string, unknown> {
  if (maxLifetime === undefined) return others;
  return { ...others, maxLifetime: maxLifetime === null ? null : formatDuration(maxLifetime) };
}
