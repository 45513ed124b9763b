import type { CountedPage } from '../services/counted-page.ts';

/** Returns a page in the shape that a Relay connection resolves from. The rows are counted when `totalCount` is requested. */
export function toConnection<T>(page: CountedPage<T>) {
  const { edges } = page;
  return {
    edges: [...edges],
    totalCount: () => page.totalCount(),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
