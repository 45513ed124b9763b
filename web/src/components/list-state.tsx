import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import type { CombinedError } from 'urql';
import { useSearchParams } from 'wouter';
import { isBadInput } from '../api/errors.ts';
import type { Sorting } from './data-table.tsx';
import type { PagePosition } from './pager.tsx';

const SEARCH_PAUSE_MS = 250;

const SearchMemoryContext = createContext<Map<string, string>>(new Map());

/** Keeps search texts while the user visits other pages. In memory only: the user might paste a secret there. */
export function SearchMemory({ children }: { children: ReactNode }) {
  const memory = useRef(new Map<string, string>());
  return <SearchMemoryContext value={memory.current}>{children}</SearchMemoryContext>;
}

/** Returns the value after it has not changed for a moment. */
function useDebounced<T>(value: T): T {
  const [debounced, setDebounced] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDebounced(value), SEARCH_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return debounced;
}

/** The filter, order and page of a list. They are stored in the URL, so that the back button restores them. */
export interface ListState<Field extends string> {
  /** The chosen filter; the empty string for all. */
  readonly filter: string;
  readonly sorting: Sorting<Field>;
  readonly position: PagePosition;
  /** The text in the search box, and the debounced text that is searched for. */
  readonly typed: string;
  readonly search: string;
  setFilter(filter: string): void;
  setSorting(sorting: Sorting<Field>): void;
  setPosition(position: PagePosition): void;
  setTyped(text: string): void;
}

/** The sort fields and filters of a list. */
export interface ListChoices<Field extends string> {
  readonly fields: readonly Field[];
  readonly filters: readonly string[];
  readonly initial: Sorting<Field>;
}

/** Returns the order in the URL; the initial order if it is absent or invalid. */
function sortingIn<Field extends string>(
  params: URLSearchParams,
  { fields, initial }: ListChoices<Field>,
): Sorting<Field> {
  const [name, direction] = params.get('sort')?.split('.') ?? [];
  const field = fields.find((each) => each === name);
  return field && (direction === 'ASC' || direction === 'DESC') ? { field, direction } : initial;
}

const FIRST_PAGE = { after: undefined, before: undefined, skipped: undefined };

function positionIn(params: URLSearchParams): PagePosition {
  const skipped = Number(params.get('skipped'));
  return {
    after: params.get('after') ?? undefined,
    before: params.get('before') ?? undefined,
    skipped: Number.isInteger(skipped) && skipped > 0 ? skipped : undefined,
  };
}

/**
 * Returns the state of the list on this page. A new filter, order or search returns to the first page. Invalid URL
 * parameters are ignored.
 */
export function useListState<Field extends string>(
  name: string,
  choices: ListChoices<Field>,
): ListState<Field> {
  const [params, setParams] = useSearchParams();
  const memory = useContext(SearchMemoryContext);
  const [typed, setTyped] = useState(memory.get(name) ?? '');

  function set(changes: Record<string, string | number | undefined>) {
    setParams(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [key, value] of Object.entries({ ...FIRST_PAGE, ...changes })) {
          if (value) after.set(key, String(value));
          else after.delete(key);
        }
        return after;
      },
      { replace: true },
    );
  }

  return {
    filter: choices.filters.find((each) => each === params.get('show')) ?? '',
    sorting: sortingIn(params, choices),
    position: positionIn(params),
    typed,
    search: useDebounced(typed),
    setFilter: (show) => set({ show }),
    setSorting: (sorting) => set({ sort: `${sorting.field}.${sorting.direction}` }),
    setPosition: (position) => set({ ...position }),
    setTyped(text) {
      memory.set(name, text);
      setTyped(text);
      set({});
    },
  };
}

/** Returns to the first page of a list if the server rejects the cursor in the URL. */
export function useFirstPageOnBadCursor(
  list: Pick<ListState<never>, 'position' | 'setPosition'>,
  error: CombinedError | undefined,
) {
  const { position, setPosition } = list;
  const refused =
    error !== undefined && isBadInput(error) && (position.after ?? position.before) !== undefined;
  useEffect(() => {
    if (refused) setPosition({});
  });
}
