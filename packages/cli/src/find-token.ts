import type { Api } from './api.ts';
import { failure } from './failure.ts';
import { ListTokens, type TokenFilter, type TokenPartsFragment } from './generated/operations.ts';

/** Returns all personal tokens that pass a filter. */
export async function listTokens(api: Api, filter: TokenFilter): Promise<TokenPartsFragment[]> {
  const found: TokenPartsFragment[] = [];
  for (let after: string | null = null; ; ) {
    const { tokens }: { tokens?: Awaited<ReturnType<typeof page>>['tokens'] } = await page(after);
    found.push(...(tokens?.nodes ?? []));
    if (!tokens?.pageInfo.hasNextPage) return found;
    after = tokens.pageInfo.endCursor ?? null;
  }

  function page(after: string | null) {
    return api.call(ListTokens, { filter, after });
  }
}

/** Returns the id of the token that a text names: an id, an identifier, or the name of one token. Throws a failure. */
export async function findTokenId(api: Api, named: string): Promise<string> {
  if (/^tok_[0-9a-f]{32}$/.test(named)) return named;
  const tokens = await listTokens(api, { search: named });
  const exact = tokens.filter(({ identifier, name }) => identifier === named || name === named);
  const [token, ...others] = exact;
  if (!token) throw failure('refused', `You have no token ${named}.`);
  if (others.length > 0) {
    const ids = exact.map(({ id, identifier }) => `  ${id}  ${identifier}`).join('\n');
    throw failure('refused', `Several tokens have the name ${named}. Use an id:\n${ids}`);
  }
  return token.id;
}
