import type { Page } from '../domain/paging.ts';

/** A page with the number of all rows, which is counted only if somebody asks, and up to `COUNTED_MAX`. */
export interface CountedPage<T> extends Page<T> {
  totalCount(): Promise<number>;
}

/** A list with nothing in it: what a caller without any reach sees. */
export const EMPTY_PAGE: CountedPage<never> = Object.freeze({
  edges: [],
  hasNextPage: false,
  hasPreviousPage: false,
  totalCount: async () => 0,
});
