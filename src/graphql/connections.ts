import type { CountedPage } from '../services/counted-page.ts';

/** A listing in the shape that Relay connections are resolved from. */
export function toConnection<T>(listing: CountedPage<T>) {
  const { edges } = listing;
  return {
    edges: [...edges],
    totalCount: () => listing.totalCount(),
    pageInfo: {
      hasNextPage: listing.hasNextPage,
      hasPreviousPage: listing.hasPreviousPage,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
