import type { Page } from '../domain/paging.ts';

/** A page with the number of all rows, which is counted only on request and only up to `COUNTED_MAX`. */
export interface CountedPage<T> extends Page<T> {
  totalCount(): Promise<number>;
}

/** An empty page, for callers that are not allowed to see any row. */
export const EMPTY_PAGE: CountedPage<never> = Object.freeze({
  edges: [],
  hasNextPage: false,
  hasPreviousPage: false,
  totalCount: async () => 0,
});
