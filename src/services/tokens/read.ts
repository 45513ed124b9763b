import { authorizeBeforeLookup } from '../../domain/authority.ts';
import { isHidden, requireGrant } from '../../domain/decision.ts';
import { failure } from '../../domain/errors.ts';
import { type PageArguments, parsePage } from '../../domain/paging.ts';
import {
  isScopedWorkspaceToken,
  isToken,
  type Principal,
  type TokenAuthority,
} from '../../domain/principal.ts';
import { concerns, type Operation } from '../../domain/scopes.ts';
import { parseSearch, parseSubject } from '../../domain/text.ts';
import type { Token, TokenFilter, TokenSummary } from '../../domain/token.ts';
import type { Clock } from '../../platform/clock.ts';
import type { MaybePromise } from '../../platform/maybe-promise.ts';
import type { DataVersion, Executor } from '../../storage/database.ts';
import type { OnChunk } from '../../storage/query/chunks.ts';
import { summariseTokens } from '../../storage/repositories/token-counts.ts';
import {
  countTokens,
  orderName,
  pageTokens,
  TOKEN_ORDERS,
  type TokenListOrder,
} from '../../storage/repositories/token-lists.ts';
import {
  filterDescendants,
  findToken,
  findTokens,
  type TokenHolder,
} from '../../storage/repositories/tokens.ts';
import { authorize } from '../access/authorize.ts';
import { keepUntilCommit } from '../access/kept-until-commit.ts';
import type { LastUse } from '../access/last-use.ts';
import type { CountedPage } from '../counted-page.ts';

export type { OnChunk };

const NEWEST_FIRST: TokenListOrder = { field: 'CREATED_AT', direction: 'DESC' };
const OLDEST_FIRST: TokenListOrder = { field: 'CREATED_AT', direction: 'ASC' };

/**
 * Reads tokens. A last use that is not stored yet is absent, but lists that filter or order by last use store it first.
 */
export interface TokenReads {
  /** Returns a token that the caller is allowed to read; `null` if it does not exist or is not visible. */
  find(principal: Principal, tokenId: string): Promise<Token | null>;
  /** Returns the calling token, without a promise if it is kept; `null` if the caller is not a token. */
  findOwn(principal: Principal): MaybePromise<Token | null>;
  /**
   * Returns the personal tokens of a user; for a calling token, itself and its descendants. If the filter needs it, the tokens
   * are read in chunks, with calls of `onChunk`. With `isOutline`, the details of tokens are not read, and using one throws. Throws
   * `BAD_USER_INPUT` on bad paging or search, and the errors of `onChunk`.
   */
  list(
    principal: Principal,
    page: PageArguments,
    filter: TokenFilter,
    order?: TokenListOrder,
    onChunk?: OnChunk,
    isOutline?: boolean,
  ): Promise<CountedPage<Token>>;
  /** Returns the tokens of a workspace that the caller is allowed to see, as `list` does. */
  listForWorkspace(
    workspaceId: string,
    page: PageArguments,
    filter: TokenFilter,
    order?: TokenListOrder,
    onChunk?: OnChunk,
    isOutline?: boolean,
  ): Promise<CountedPage<Token>>;
  /** Returns the counts of the tokens that `list` returns. */
  summarize(principal: Principal): Promise<TokenSummary>;
  /**
   * Returns the counts of the tokens of a workspace that the caller is allowed to see, of one subject or of all. Throws
   * `BAD_USER_INPUT` on a bad subject.
   */
  summarizeForWorkspace(workspaceId: string, subject?: string): Promise<TokenSummary>;
  /**
   * Returns the tokens that derive directly from a visible token and that the caller is allowed to list, oldest first.
   */
  listDerived(principal: Principal, parentId: string, page: PageArguments): Promise<CountedPage<Token>>;
  /**
   * Returns the parents and issuers of visible tokens by id. Omits those that a calling token derives from or cannot
   * read by its scopes, and for a scoped workspace token all of them.
   */
  findParents(principal: Principal, parentIds: readonly string[]): Promise<Map<string, Token>>;
}

/**
 * Returns the ids of the tokens that the scopes of a chain allow an operation on; `null` if they allow it on every
 * token.
 */
function allowedTokenIds(chain: readonly TokenAuthority[], operation: Operation): string[] | null {
  const limits = chain
    .map((link) => link.scopes.filter((scope) => concerns(scope, operation, 'token')))
    .filter((scopes) => scopes.every((scope) => scope.entityId !== null))
    .map((scopes) => scopes.map((scope) => scope.entityId as string));
  const [first, ...others] = limits;
  return first ? first.filter((id) => others.every((ids) => ids.includes(id))) : null;
}

/** Returns whether the scopes of the caller allow an operation on a token. `true` for callers without scopes. */
function isInScope(principal: Principal, operation: Operation, tokenId: string): boolean {
  const request = { kind: 'token', operation, tokenId, workspaceRole: 'VIEWER' } as const;
  return authorizeBeforeLookup(principal, request)?.allowed !== false;
}

function holderOf(principal: Principal, operation: Operation): TokenHolder {
  if (principal.kind === 'SESSION') return { ownerId: principal.userId };
  if (principal.kind !== 'PERSONAL_TOKEN') throw failure('UNAUTHENTICATED');
  return { rootTokenId: principal.tokenId, only: allowedTokenIds(principal.chain, operation) };
}

/** Returns a filter with its texts as they are stored. Throws `BAD_USER_INPUT`. */
function parseFilter({ search, subject, ...filter }: TokenFilter): TokenFilter {
  return {
    ...filter,
    search: parseSearch(search, ['filter', 'search']),
    subject: subject === undefined ? undefined : parseSubject(subject, ['filter', 'subject']),
  };
}

/** Returns the reads of the token service. */
export function createTokenReads(deps: {
  db: Executor;
  version: DataVersion | null;
  clock: Clock;
  lastUse: LastUse;
}): TokenReads {
  const { db, version, clock, lastUse } = deps;
  const ownToken = keepUntilCommit(version, ({ tokenId }) => findToken(db, tokenId));

  async function listOf(
    holder: TokenHolder,
    page: PageArguments,
    filter: TokenFilter,
    order: TokenListOrder = NEWEST_FIRST,
    onChunk?: OnChunk,
    isOutline = false,
  ): Promise<CountedPage<Token>> {
    const window = parsePage(page, { name: orderName(order), keyType: TOKEN_ORDERS[order.field].keyType });
    const parsed = parseFilter(filter);
    // A last use that is not stored yet can be shown later, but cannot filter or order rows.
    if (order.field === 'LAST_USED_AT' || filter.unusedSince !== undefined) await lastUse.flush();
    const now = clock();
    return {
      ...(await pageTokens(db, holder, parsed, order, window, now, onChunk, isOutline)),
      totalCount: () => countTokens(db, holder, parsed, now, onChunk),
    };
  }

  return {
    async find(principal, tokenId) {
      const request = { kind: 'token', operation: 'READ', tokenId, workspaceRole: 'VIEWER' } as const;
      const decision = await authorize(db, principal, request, clock());
      return isHidden(decision) ? null : requireGrant(decision).token;
    },
    findOwn: (principal) => (isToken(principal) ? ownToken(principal) : null),
    list: async (principal, page, filter, order, onChunk, isOutline) =>
      listOf(holderOf(principal, 'LIST'), page, filter, order, onChunk, isOutline),
    listForWorkspace: (workspaceId, page, filter, order, onChunk, isOutline) =>
      listOf({ workspaceId }, page, filter, order, onChunk, isOutline),
    summarize: async (principal) => summariseTokens(db, holderOf(principal, 'LIST'), {}, clock()),
    async summarizeForWorkspace(workspaceId, text) {
      const subject = text === undefined ? text : parseSubject(text, ['subject']);
      return summariseTokens(db, { workspaceId }, { subject }, clock());
    },
    listDerived(principal, parentId, page) {
      const only = principal.kind === 'PERSONAL_TOKEN' ? allowedTokenIds(principal.chain, 'LIST') : null;
      return listOf({ parentId, only }, page, {}, OLDEST_FIRST);
    },
    async findParents(principal, parentIds) {
      if (isScopedWorkspaceToken(principal)) return new Map();
      const parents = await findTokens(db, parentIds);
      if (principal.kind !== 'PERSONAL_TOKEN') return new Map(parents.map((token) => [token.id, token]));
      const { tokenId } = principal;
      const below = await filterDescendants(db, parentIds, tokenId);
      const isVisible = ({ id }: Token) =>
        id === tokenId || (below.has(id) && isInScope(principal, 'READ', id));
      return new Map(parents.filter(isVisible).map((token) => [token.id, token]));
    },
  };
}
