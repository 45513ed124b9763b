import type { AuditAction } from '../domain/audit.ts';
import { reachOf } from '../domain/authority.ts';
import { type Channel, type ChannelShare, type Granter, parseSharedOperations } from '../domain/channel.ts';
import { badInput, failure, forbidden, inputCheck, PosternError } from '../domain/errors.ts';
import { toGlobalId } from '../domain/global-id.ts';
import type { Limits } from '../domain/limits.ts';
import { type PageArguments, parsePage } from '../domain/paging.ts';
import { isToken, type Principal, userIdOf } from '../domain/principal.ts';
import { isAtLeast } from '../domain/roles.ts';
import { type Operation, roleForOperation } from '../domain/scopes.ts';
import { parseDescription, parseEmail, parseName } from '../domain/text.ts';
import type { User } from '../domain/user.ts';
import type { Clock } from '../platform/clock.ts';
import {
  countShares,
  deleteShares,
  deleteVoidShares,
  findShares,
  insertShare,
} from '../storage/channel-shares.ts';
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
} from '../storage/channels.ts';
import type { Executor } from '../storage/database.ts';
import { findMember } from '../storage/members.ts';
import { findUser, findUserByEmail } from '../storage/users.ts';
import { judge } from './authority.ts';
import type { Change } from './changes.ts';
import { EMPTY_LISTING, type Listing } from './listing.ts';

export interface CreateChannelRequest {
  readonly workspaceId: string;
  readonly name: string;
  readonly description?: string | null | undefined;
}

/** What is `undefined` stays; a description of `null` is removed. */
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

/** Channels, and whom they are shared with. */
export interface ChannelService {
  /** A channel that the caller may read; `null` where it is absent, not visible or closed by policy. */
  find(principal: Principal, id: string): Promise<Channel | null>;
  /** The channels that the caller may list, of one workspace or of all, oldest first. Throws `BAD_USER_INPUT` on bad paging. */
  list(principal: Principal, workspaceId: string | null, page: PageArguments): Promise<Listing<Channel>>;
  /** A new channel. Throws `BAD_USER_INPUT` or `LIMIT_REACHED`. */
  create(change: Change, request: CreateChannelRequest): Promise<Channel>;
  /** Changes what a channel is called. Throws `BAD_USER_INPUT`. */
  update(change: Change, request: UpdateChannelRequest): Promise<Channel>;
  /** Deletes a channel with its shares and messages; the audit log keeps its name. */
  delete(change: Change, id: string): Promise<void>;
  /** Whom a channel is shared with, for those who may read it. */
  shares(channelId: string): Promise<ChannelShare[]>;
  /**
   * Lets the person of an email do operations on a channel for as long as the caller could share them. It replaces what
   * was shared with that person before: all of it if the caller may share as a member, otherwise what the caller gave.
   * Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, or `FORBIDDEN`, `EXCEEDS_CALLER` for what the caller may not do itself.
   */
  share(change: Change, request: ShareChannelRequest): Promise<Channel>;
  /**
   * Ends what is shared with a user: all of it if the caller may share as a member, otherwise what the caller gave.
   * Throws `NOT_FOUND` if that is nothing.
   */
  unshare(change: Change, channelId: string, userId: string): Promise<Channel>;
}

/** A channel as it stands in the transaction of a change. Throws `NOT_FOUND`. */
async function channelOf(change: Change, id: string): Promise<Channel> {
  const channel = await findChannel(change.tx, id);
  if (!channel) throw failure('NOT_FOUND');
  return channel;
}

async function auditChannel(
  change: Change,
  action: AuditAction,
  { id, workspaceId, name }: Channel,
  detail: Record<string, unknown> = {},
): Promise<void> {
  await change.audit({
    action,
    workspaceId,
    targetId: toGlobalId('Channel', id),
    detail: { name, ...detail },
  });
}

/** Throws `FORBIDDEN`, `EXCEEDS_CALLER` unless the caller may do each of the operations itself. */
async function requireMayDo(
  change: Change,
  channelId: string,
  operations: readonly Operation[],
): Promise<void> {
  for (const operation of operations) {
    const ask = { kind: 'entity', operation, entityType: 'channel', entityId: channelId } as const;
    await judge(change.tx, change.principal, ask, change.now).catch((error: unknown) => {
      throw error instanceof PosternError ? forbidden('EXCEEDS_CALLER') : error;
    });
  }
}

/**
 * The user whom a channel of a workspace can be shared with by email; `null` if there is none. An unverified email may not
 * be its holder's, so outside the workspaces of its holder it counts as an address without an account.
 */
async function findRecipient({ tx }: Change, workspaceId: string, email: string): Promise<User | null> {
  const user = await findUserByEmail(tx, email);
  if (!user || user.deactivatedAt !== null) return null;
  const isKnown = user.emailVerifiedAt !== null || (await findMember(tx, workspaceId, user.id)) !== null;
  return isKnown ? user : null;
}

function granterOf(principal: Principal): Granter {
  return { userId: userIdOf(principal), tokenId: isToken(principal) ? principal.tokenId : null };
}

/** Whose shares the caller may end: everybody's as a member who may share, otherwise the person's own. */
function endableBy({ grant, principal }: Change): 'EVERYBODY' | { readonly grantedBy: string } {
  if (grant.role !== null && isAtLeast(grant.role, roleForOperation('SHARE'))) return 'EVERYBODY';
  const grantedBy = userIdOf(principal);
  if (grantedBy === null) throw failure('NOT_FOUND');
  return { grantedBy };
}

/** Channels over a database. */
export function createChannelService(deps: { db: Executor; clock: Clock; limits: Limits }): ChannelService {
  const { db, clock, limits } = deps;

  /** Shares that do not hold give way at the limit. What is not shown could not be removed to make room either. */
  async function requireRoom({ tx, now }: Change, channelId: string): Promise<void> {
    if ((await countShares(tx, channelId)) < limits.sharesPerChannel) return;
    await deleteVoidShares(tx, channelId, now);
    if ((await countShares(tx, channelId)) < limits.sharesPerChannel) return;
    throw failure('LIMIT_REACHED', `A channel has at most ${limits.sharesPerChannel} shares.`);
  }

  return {
    async find(principal, id) {
      const reach = reachOf(principal, 'READ', 'channel');
      return reach && findChannelWithin(db, reach, id, clock());
    },

    async list(principal, workspaceId, page) {
      const window = parsePage(page, CHANNEL_ORDER);
      const reach = reachOf(principal, 'LIST', 'channel');
      if (!reach) return EMPTY_LISTING;
      const now = clock();
      return {
        ...(await pageChannels(db, reach, workspaceId, window, now)),
        totalCount: () => countChannels(db, reach, workspaceId, now),
      };
    },

    async create(change, { workspaceId, ...text }) {
      const { name = '', description = null } = parseText(text);
      const stamps = { createdAt: change.now, updatedAt: change.now };
      const channel = { id: change.newId(), workspaceId, name, description, ...stamps };
      await insertChannel(change.tx, channel);
      const most = limits.channelsPerWorkspace;
      if (await hasMoreChannels(change.tx, workspaceId, most)) {
        throw failure('LIMIT_REACHED', `A workspace has at most ${most} channels.`);
      }
      await auditChannel(change, 'channel.created', channel);
      return channel;
    },

    async update(change, { channelId, ...text }) {
      const before = await channelOf(change, channelId);
      const changes = parseText(text);
      const channel = { ...before, ...changes, updatedAt: change.now };
      await updateChannel(change.tx, channel);
      await auditChannel(change, 'channel.updated', before, { changes });
      return channel;
    },

    async delete(change, id) {
      const channel = await channelOf(change, id);
      await deleteChannel(change.tx, id);
      await auditChannel(change, 'channel.deleted', channel);
    },

    shares: (channelId) => findShares(db, { channelId, now: clock() }),

    async share(change, request) {
      const channel = await channelOf(change, request.channelId);
      const { email, operations } = parseShare(request);
      await requireMayDo(change, channel.id, operations);
      const user = await findRecipient(change, channel.workspaceId, email);
      if (!user) throw badInput(['input', 'email'], 'has no account here');
      const share = { channelId: channel.id, userId: user.id, operations };
      await deleteShares(change.tx, share, endableBy(change));
      await requireRoom(change, channel.id);
      await insertShare(change.tx, share, granterOf(change.principal));
      await auditChannel(change, 'channel.shared', channel, { email, operations });
      return channel;
    },

    async unshare(change, channelId, userId) {
      const channel = await channelOf(change, channelId);
      const ended = await deleteShares(change.tx, { channelId, userId }, endableBy(change));
      if (!ended) throw failure('NOT_FOUND');
      const user = await findUser(change.tx, userId);
      await auditChannel(change, 'channel.unshared', channel, { email: user?.email });
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
