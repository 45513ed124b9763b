import { formatDuration } from '../../domain/duration.ts';
import { failure } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { type PageArguments, parsePage } from '../../domain/paging.ts';
import type { TokenPolicy } from '../../domain/policy.ts';
import { type Principal, userIdOf } from '../../domain/principal.ts';
import { parseName, slugOf } from '../../domain/text.ts';
import { visibilityFilterFor } from '../../domain/visibility.ts';
import { DEFAULT_POLICY, type Workspace } from '../../domain/workspace.ts';
import type { Clock } from '../../platform/clock.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import { deleteWorkspace, isSmall, markDeleted } from '../../storage/repositories/ends/workspace-ends.ts';
import { countMembers, insertMember } from '../../storage/repositories/members.ts';
import {
  countWorkspaces,
  createdMoreWorkspaces,
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
import { deleteAll } from '../tokens/ends.ts';
import { CHUNK } from '../transactions/chunk.ts';
import type { Lock } from '../transactions/locks.ts';
import { sessionOf, type UnitOfWork } from '../transactions/unit-of-work.ts';
import { parsePolicyChanges, type TokenPolicyRequest } from './policy-changes.ts';
import { createPolicyImpact, type PolicyImpact } from './policy-impact.ts';

const NAME = ['input', 'name'] as const;
const SUFFIX_LENGTH = 5;

/** Manages workspaces and their token policies. */
export interface WorkspaceService {
  /**
   * Returns a workspace that the caller is allowed to read; `null` if it does not exist, is not visible or is closed by
   * policy.
   */
  find(principal: Principal, id: string): Promise<Workspace | null>;
  /** Returns the workspaces that the caller is allowed to list, oldest first. Throws `BAD_USER_INPUT` on bad paging. */
  list(principal: Principal, page: PageArguments): Promise<CountedPage<Workspace>>;
  /**
   * Creates a workspace with the signed-in user as its Owner. Throws `BAD_USER_INPUT`, or `LIMIT_REACHED` if the user
   * has created too many.
   */
  create(uow: UnitOfWork, name: string): Promise<Workspace>;
  /** Returns the locks that `create` needs. Throws `BAD_USER_INPUT`. */
  locksToCreate(name: string): readonly Lock[];
  /** Changes the name of a workspace but not its slug. Throws `BAD_USER_INPUT`. */
  rename(uow: UnitOfWork, id: string, name: string): Promise<Workspace>;
  /** Changes the token policy of a workspace. It applies to existing tokens immediately. Throws `BAD_USER_INPUT`. */
  updatePolicy(uow: UnitOfWork, request: TokenPolicyRequest): Promise<Workspace>;
  /**
   * Returns which active tokens a change of the token policy would refuse. Changes nothing. Throws `NOT_FOUND` or
   * `BAD_USER_INPUT`.
   */
  previewPolicy(request: TokenPolicyRequest): Promise<PolicyImpact>;
  /**
   * Deletes a workspace with everything in it. Audit events about it remain. If it has many rows, they are deleted in chunks
   * afterwards, and the workspace counts as absent until then.
   */
  delete(uow: UnitOfWork, id: string): Promise<void>;
}

/** Returns a workspace, read in the transaction. Throws `NOT_FOUND`. */
async function loadWorkspace(uow: UnitOfWork, id: string): Promise<Workspace> {
  const [workspace] = await findWorkspaces(uow.tx, [id]);
  if (!workspace) throw failure('NOT_FOUND');
  return workspace;
}

/** Creates a workspace with its first Owner and the default policy. Throws a unique violation if the slug is taken. */
export async function insertWorkspaceWithOwner(
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
  clock: Clock;
  secrets: SecretSource;
  limits: Limits;
}): WorkspaceService {
  const { db, clock, secrets, limits } = deps;

  /** Returns the slug of a name, with a random suffix if another workspace has that slug. */
  async function freeSlug(tx: Executor, name: string): Promise<string> {
    const base = slugOf(name);
    let slug = base;
    while (await isSlugTaken(tx, slug)) slug = `${base}-${secrets.text(SUFFIX_LENGTH)}`;
    return slug;
  }

  return {
    async find(principal, id) {
      const filter = visibilityFilterFor(principal, 'READ', 'workspace', clock());
      return filter && findWorkspaceWithin(db, filter, id);
    },

    async list(principal, page) {
      const window = parsePage(page, WORKSPACE_ORDER);
      const filter = visibilityFilterFor(principal, 'LIST', 'workspace', clock());
      if (!filter) return EMPTY_PAGE;
      return {
        ...(await pageWorkspaces(db, filter, window)),
        totalCount: () => countWorkspaces(db, filter),
      };
    },

    locksToCreate: (name) => [{ on: 'slug', id: slugOf(parseName(name, NAME)) }],

    async create(uow, text) {
      const name = parseName(text, NAME);
      const ownerId = sessionOf(uow).userId;
      const workspace = await insertWorkspaceWithOwner(uow, {
        name,
        slug: await freeSlug(uow.tx, name),
        ownerId,
      });
      const max = limits.workspacesPerUser;
      if (await createdMoreWorkspaces(uow.tx, ownerId, max)) {
        throw failure('LIMIT_REACHED', `A user can create at most ${max} workspaces. Delete some first.`);
      }
      return workspace;
    },

    async rename(uow, id, text) {
      const name = parseName(text, NAME);
      const workspace = await loadWorkspace(uow, id);
      await renameWorkspace(uow.tx, id, name);
      await auditWorkspace(uow, 'workspace.updated', workspace, { name, before: workspace.name });
      return { ...workspace, name };
    },

    async updatePolicy(uow, request) {
      const changes = parsePolicyChanges(request, ['input']);
      const workspace = await loadWorkspace(uow, request.workspaceId);
      const policy = { ...workspace.policy, ...changes };
      await setPolicy(uow.tx, workspace.id, policy);
      await auditWorkspace(uow, 'workspace.policy_updated', workspace, publicPolicy(changes));
      return { ...workspace, policy };
    },

    previewPolicy: createPolicyImpact(deps),

    async delete(uow, id) {
      const { name, slug } = await loadWorkspace(uow, id);
      const members = await countMembers(uow.tx, id);
      const isDeletedNow = await isSmall(uow.tx, id, CHUNK);
      const tokens = await deleteAll(uow, { on: 'workspace', id });
      if (isDeletedNow) {
        await deleteWorkspace(uow.tx, id);
      } else {
        await markDeleted(uow.tx, { id, at: uow.now });
        uow.startCascade();
      }
      await uow.audit({
        action: 'workspace.deleted',
        // Also written to the caller's account log, because the workspace's log can no longer be read.
        userId: userIdOf(uow.principal),
        workspaceId: id,
        targetId: toGlobalId('Workspace', id),
        detail: { name, slug, members, tokens },
      });
    },
  };
}

/** Returns a policy with the lifetime as the API reports it: an ISO 8601 duration. */
function publicPolicy({
  maxLifetime,
  ownerSeenWithin,
  ...rest
}: Partial<TokenPolicy>): Record<string, unknown> {
  const toText = (limit: number | null) => (limit === null ? null : formatDuration(limit));
  return {
    ...rest,
    ...(maxLifetime !== undefined && { maxLifetime: toText(maxLifetime) }),
    ...(ownerSeenWithin !== undefined && { ownerSeenWithin: toText(ownerSeenWithin) }),
  };
}
