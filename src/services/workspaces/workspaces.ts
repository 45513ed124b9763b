import { formatDuration, parseDuration } from '../../domain/duration.ts';
import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { type PageArguments, parsePage } from '../../domain/paging.ts';
import type { PersonalTokenPolicy, TokenPolicy } from '../../domain/policy.ts';
import { type Principal, userIdOf } from '../../domain/principal.ts';
import { ROLES, type Role } from '../../domain/roles.ts';
import { parseName, slugOf } from '../../domain/text.ts';
import { visibilityFilterFor } from '../../domain/visibility.ts';
import { DEFAULT_POLICY, type Workspace } from '../../domain/workspace.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import { countMembers, insertMember } from '../../storage/repositories/members.ts';
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
} from '../../storage/repositories/workspaces.ts';
import { type CountedPage, EMPTY_PAGE } from '../counted-page.ts';
import { deleteTokensOf } from '../tokens/lifecycle.ts';
import { sessionOf, type UnitOfWork } from '../transactions/unit-of-work.ts';

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
  /** Returns a workspace that the caller is allowed to read; `null` if it does not exist, is not visible or is closed by policy. */
  find(principal: Principal, id: string): Promise<Workspace | null>;
  /** Returns the workspaces that the caller is allowed to list, oldest first. Throws `BAD_USER_INPUT` on bad paging. */
  list(principal: Principal, page: PageArguments): Promise<CountedPage<Workspace>>;
  /** A workspace whose Owner is the signed-in person. Throws `BAD_USER_INPUT`, or `LIMIT_REACHED` if the person created too many that exist. */
  create(uow: UnitOfWork, name: string): Promise<Workspace>;
  /** Gives a workspace another name; the slug stays. Throws `BAD_USER_INPUT`. */
  rename(uow: UnitOfWork, id: string, name: string): Promise<Workspace>;
  /** Changes the token policy of a workspace. It applies to existing tokens immediately. Throws `BAD_USER_INPUT`. */
  updatePolicy(uow: UnitOfWork, request: TokenPolicyRequest): Promise<Workspace>;
  /** Deletes a workspace with its members, invitations and tokens; the audit log keeps their names. */
  delete(uow: UnitOfWork, id: string): Promise<void>;
}

/** Returns a workspace, read in the transaction. Throws `NOT_FOUND`. */
async function workspaceOf(uow: UnitOfWork, id: string): Promise<Workspace> {
  const [workspace] = await findWorkspaces(uow.tx, [id]);
  if (!workspace) throw failure('NOT_FOUND');
  return workspace;
}

/** Stores a workspace with its first Owner and the default policy. Fails if the slug is taken. */
export async function foundWorkspace(
  uow: UnitOfWork,
  { name, slug, ownerId }: { name: string; slug: string; ownerId: string },
): Promise<Workspace> {
  const workspace = { id: uow.newId(), name, slug, createdAt: uow.now, policy: DEFAULT_POLICY };
  await insertWorkspace(uow.tx, workspace, ownerId);
  const owner = { workspaceId: workspace.id, userId: ownerId, role: 'OWNER', joinedAt: uow.now } as const;
  await insertMember(uow.tx, owner);
  await auditWorkspace(uow, 'workspace.created', workspace, { name, slug });
  return workspace;
}

async function auditWorkspace(
  uow: UnitOfWork,
  action: 'workspace.created' | 'workspace.updated' | 'workspace.policy_updated',
  { id }: Workspace,
  detail: Record<string, unknown>,
): Promise<void> {
  await uow.audit({ action, workspaceId: id, targetId: toGlobalId('Workspace', id), detail });
}

/** Returns the workspace service. */
export function createWorkspaceService(deps: {
  db: Executor;
  secrets: SecretSource;
  limits: Limits;
}): WorkspaceService {
  const { db, secrets, limits } = deps;

  /** Returns the slug of a name, with a random suffix if another workspace has it. */
  async function freeSlug(tx: Executor, name: string): Promise<string> {
    const plain = slugOf(name);
    let slug = plain;
    while (await isSlugTaken(tx, slug)) slug = `${plain}-${secrets.text(SUFFIX_LENGTH)}`;
    return slug;
  }

  return {
    async find(principal, id) {
      const reach = visibilityFilterFor(principal, 'READ', 'workspace');
      return reach && findWorkspaceWithin(db, reach, id);
    },

    async list(principal, page) {
      const window = parsePage(page, WORKSPACE_ORDER);
      const reach = visibilityFilterFor(principal, 'LIST', 'workspace');
      if (!reach) return EMPTY_PAGE;
      return {
        ...(await pageWorkspaces(db, reach, window)),
        totalCount: () => countWorkspaces(db, reach),
      };
    },

    async create(uow, text) {
      const name = parseName(text, NAME);
      const ownerId = sessionOf(uow).userId;
      const workspace = await foundWorkspace(uow, {
        name,
        slug: await freeSlug(uow.tx, name),
        ownerId,
      });
      const most = limits.workspacesPerUser;
      if (await createdMoreWorkspaces(uow.tx, ownerId, most)) {
        throw failure('LIMIT_REACHED', `A user can create at most ${most} workspaces. Delete some first.`);
      }
      return workspace;
    },

    async rename(uow, id, text) {
      const name = parseName(text, NAME);
      const workspace = await workspaceOf(uow, id);
      await renameWorkspace(uow.tx, id, name);
      await auditWorkspace(uow, 'workspace.updated', workspace, { name, before: workspace.name });
      return { ...workspace, name };
    },

    async updatePolicy(uow, request) {
      const changes = parsePolicyChanges(request);
      const workspace = await workspaceOf(uow, request.workspaceId);
      const policy = { ...workspace.policy, ...changes };
      await setPolicy(uow.tx, workspace.id, policy);
      await auditWorkspace(uow, 'workspace.policy_updated', workspace, publicPolicy(changes));
      return { ...workspace, policy };
    },

    async delete(uow, id) {
      const { name, slug } = await workspaceOf(uow, id);
      const members = await countMembers(uow.tx, id);
      const tokens = await deleteTokensOf(uow, { workspaceId: id });
      await deleteWorkspace(uow.tx, id);
      await uow.audit({
        action: 'workspace.deleted',
        // Nobody can read the workspace's own log any more.
        userId: userIdOf(uow.principal),
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

/** Returns a policy as the API reports it. */
function publicPolicy({ maxLifetime, ...others }: Partial<TokenPolicy>): Record<string, unknown> {
  if (maxLifetime === undefined) return others;
  return { ...others, maxLifetime: maxLifetime === null ? null : formatDuration(maxLifetime) };
}
