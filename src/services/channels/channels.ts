import type { AuditAction } from '../../domain/audit.ts';
import {
  type Channel,
  type ChannelShare,
  type Granter,
  parseSharedOperations,
} from '../../domain/channel.ts';
import { badInput, failure, forbidden, inputCheck } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { type PageArguments, parsePage } from '../../domain/paging.ts';
import { isToken, type Principal, userIdOf } from '../../domain/principal.ts';
import { isAtLeast } from '../../domain/roles.ts';
import { type Operation, roleForOperation } from '../../domain/scopes.ts';
import { parseDescription, parseEmail, parseName } from '../../domain/text.ts';
import type { User } from '../../domain/user.ts';
import { visibilityFilterFor } from '../../domain/visibility.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import { findUser, findUserByEmail } from '../../storage/repositories/accounts/users.ts';
import {
  countShares,
  deleteIneffectiveShares,
  deleteShares,
  insertShare,
} from '../../storage/repositories/channel-shares.ts';
import {
  CHANNEL_ORDER,
  countChannels,
  deleteChannel,
  findChannel,
  findChannelWithin,
  hasMoreChannels,
  insertChannel,
  pageChannels,
  updateChannel,
} from '../../storage/repositories/channels.ts';
import { findMember } from '../../storage/repositories/members.ts';
import { authorize } from '../access/authorize.ts';
import { type CountedPage, EMPTY_PAGE } from '../counted-page.ts';
import type { UnitOfWork } from '../transactions/unit-of-work.ts';
import { type BeforeRecipients, findSharesInSteps } from './share-list.ts';

export interface CreateChannelRequest {
  readonly workspaceId: string;
  readonly name: string;
  readonly description?: string | null | undefined;
}

/** A change of a channel. A description of `null` is removed; an `undefined` field changes nothing. */
export interface UpdateChannelRequest {
  readonly channelId: string;
  readonly name?: string | null | undefined;
  readonly description?: string | null | undefined;
}

export interface ShareChannelRequest {
  readonly channelId: string;
  readonly email: string;
  readonly operations: readonly Operation[];
}

/** Manages channels and their shares. */
export interface ChannelService {
  /**
   * Returns a channel that the caller is allowed to read; `null` if it does not exist, is not visible or is closed by
   * policy.
   */
  find(principal: Principal, id: string): Promise<Channel | null>;
  /**
   * Returns the channels that the caller is allowed to list, of one workspace or of all, oldest first. Throws
   * `BAD_USER_INPUT` on bad paging.
   */
  list(principal: Principal, workspaceId: string | null, page: PageArguments): Promise<CountedPage<Channel>>;
  /** Creates a channel. Throws `BAD_USER_INPUT` or `LIMIT_REACHED`. */
  create(uow: UnitOfWork, request: CreateChannelRequest): Promise<Channel>;
  /** Changes the name and the description of a channel. Throws `BAD_USER_INPUT`. */
  update(uow: UnitOfWork, request: UpdateChannelRequest): Promise<Channel>;
  /** Deletes a channel with its shares and messages. The audit log keeps its name. */
  delete(uow: UnitOfWork, id: string): Promise<void>;
  /**
   * Returns the shares of a channel that are in effect, ordered by user id. Calls `beforeStep` before each statement.
   */
  shares(channelId: string, beforeStep: BeforeRecipients): Promise<ChannelShare[]>;
  /**
   * Shares operations on a channel with the user of an email address. The share grants an operation only while the
   * caller can still share it. It replaces the earlier shares with that user: all of them if the caller can share as a
   * member, otherwise those that the caller gave. Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, or `FORBIDDEN` with
   * `EXCEEDS_CALLER` for operations that the caller lacks.
   */
  share(uow: UnitOfWork, request: ShareChannelRequest): Promise<Channel>;
  /**
   * Deletes the shares of a channel with a user: all of them if the caller can share as a member, otherwise those that
   * the caller gave. Throws `NOT_FOUND` if there are none.
   */
  unshare(uow: UnitOfWork, channelId: string, userId: string): Promise<Channel>;
}

/** Returns a channel, read in the transaction. Throws `NOT_FOUND`. */
async function loadChannel(uow: UnitOfWork, id: string): Promise<Channel> {
  const channel = await findChannel(uow.tx, id);
  if (!channel) throw failure('NOT_FOUND');
  return channel;
}

async function auditChannel(
  uow: UnitOfWork,
  action: AuditAction,
  { id, workspaceId, name }: Channel,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await uow.audit({
    action,
    workspaceId,
    targetId: toGlobalId('Channel', id),
    detail: { name, ...detail },
  });
}

/** Throws `FORBIDDEN` with `EXCEEDS_CALLER` unless the caller is allowed to do each of the operations. */
async function requireCallerCan(
  uow: UnitOfWork,
  channelId: string,
  operations: readonly Operation[],
): Promise<void> {
  for (const operation of operations) {
    const request = { kind: 'entity', operation, entityType: 'channel', entityId: channelId } as const;
    const { allowed } = await authorize(uow.tx, uow.principal, request, uow.now);
    if (!allowed) throw forbidden('EXCEEDS_CALLER');
  }
}

/**
 * Returns the active user of an email address; `null` if there is none. An unverified address may belong to another
 * person, so its user is returned only if they are a member of the workspace.
 */
async function findRecipient({ tx }: UnitOfWork, workspaceId: string, email: string): Promise<User | null> {
  const user = await findUserByEmail(tx, email);
  if (!user || user.deactivatedAt !== null) return null;
  const isRecipient = user.emailVerifiedAt !== null || (await findMember(tx, workspaceId, user.id)) !== null;
  return isRecipient ? user : null;
}

function granterOf(principal: Principal): Granter {
  return { userId: userIdOf(principal), tokenId: isToken(principal) ? principal.tokenId : null };
}

/**
 * Returns the granters whose shares the caller can delete: all if the caller can share as a member, otherwise the
 * caller.
 */
function deletableGranters({ grant, principal }: UnitOfWork): 'ALL' | { readonly grantedBy: string } {
  if (grant.role !== null && isAtLeast(grant.role, roleForOperation('SHARE'))) return 'ALL';
  const grantedBy = userIdOf(principal);
  if (grantedBy === null) throw failure('NOT_FOUND');
  return { grantedBy };
}

/** Returns the channel service. */
export function createChannelService(deps: { db: Executor; clock: Clock; limits: Limits }): ChannelService {
  const { db, clock, limits } = deps;

  /**
   * Throws `LIMIT_REACHED` if the channel cannot have another share. At the limit, first deletes the shares that grant
   * nothing.
   */
  async function requireBelowLimit({ tx, now }: UnitOfWork, channelId: string): Promise<void> {
    if ((await countShares(tx, channelId)) < limits.sharesPerChannel) return;
    await deleteIneffectiveShares(tx, channelId, now);
    if ((await countShares(tx, channelId)) < limits.sharesPerChannel) return;
    throw failure(
      'LIMIT_REACHED',
      `A channel can have at most ${limits.sharesPerChannel} shares. Remove some first.`,
    );
  }

  return {
    async find(principal, id) {
      const filter = visibilityFilterFor(principal, 'READ', 'channel', clock());
      return filter && findChannelWithin(db, filter, id, clock());
    },

    async list(principal, workspaceId, page) {
      const window = parsePage(page, CHANNEL_ORDER);
      const filter = visibilityFilterFor(principal, 'LIST', 'channel', clock());
      if (!filter) return EMPTY_PAGE;
      const now = clock();
      return {
        ...(await pageChannels(db, filter, workspaceId, window, now)),
        totalCount: () => countChannels(db, filter, workspaceId, now),
      };
    },

    async create(uow, { workspaceId, ...text }) {
      const { name = '', description = null } = parseText(text);
      const stamps = { createdAt: uow.now, updatedAt: uow.now };
      const channel = { id: uow.newId(), workspaceId, name, description, ...stamps };
      await insertChannel(uow.tx, channel);
      const max = limits.channelsPerWorkspace;
      if (await hasMoreChannels(uow.tx, workspaceId, max)) {
        throw failure('LIMIT_REACHED', `A workspace can have at most ${max} channels. Delete some first.`);
      }
      await auditChannel(uow, 'channel.created', channel);
      return channel;
    },

    async update(uow, { channelId, ...text }) {
      const before = await loadChannel(uow, channelId);
      const changes = parseText(text);
      const channel = { ...before, ...changes, updatedAt: uow.now };
      await updateChannel(uow.tx, channel);
      await auditChannel(uow, 'channel.updated', before, { changes });
      return channel;
    },

    async delete(uow, id) {
      const channel = await loadChannel(uow, id);
      await deleteChannel(uow.tx, id);
      await auditChannel(uow, 'channel.deleted', channel);
    },

    shares: (channelId, beforeStep) => findSharesInSteps(db, channelId, clock(), beforeStep),

    async share(uow, request) {
      const channel = await loadChannel(uow, request.channelId);
      const { email, operations } = parseShare(request);
      await requireCallerCan(uow, channel.id, operations);
      const user = await findRecipient(uow, channel.workspaceId, email);
      if (!user) throw badInput(['input', 'email'], 'does not belong to an account');
      const share = { channelId: channel.id, userId: user.id, operations };
      await deleteShares(uow.tx, share, deletableGranters(uow));
      await requireBelowLimit(uow, channel.id);
      await insertShare(uow.tx, share, granterOf(uow.principal));
      await auditChannel(uow, 'channel.shared', channel, { email, operations });
      return channel;
    },

    async unshare(uow, channelId, userId) {
      const channel = await loadChannel(uow, channelId);
      const ended = await deleteShares(uow.tx, { channelId, userId }, deletableGranters(uow));
      if (!ended) throw failure('NOT_FOUND');
      const user = await findUser(uow.tx, userId);
      await auditChannel(uow, 'channel.unshared', channel, { email: user?.email });
      return channel;
    },
  };
}

function parseText({
  name,
  description,
}: Omit<UpdateChannelRequest, 'channelId'>): Partial<Pick<Channel, 'name' | 'description'>> {
  const check = inputCheck();
  const parsed = {
    ...(name != null && { name: check.try(() => parseName(name, ['input', 'name'])) as string }),
    ...(description !== undefined && {
      description: check.try(() => parseDescription(description, ['input', 'description'])) ?? null,
    }),
  };
  check.finish();
  return parsed;
}

function parseShare(request: ShareChannelRequest): { email: string; operations: Operation[] } {
  const check = inputCheck();
  const email = check.try(() => parseEmail(request.email, ['input', 'email']));
  const operations = check.try(() => parseSharedOperations(request.operations, ['input', 'operations']));
  check.finish();
  return { email, operations } as { email: string; operations: Operation[] };
}
