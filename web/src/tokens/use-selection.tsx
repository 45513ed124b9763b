import { useState } from 'react';
import type { Column } from '../components/data-table.tsx';
import type { TokenOrderField, TokenRowFragment } from '../generated/hooks.ts';

/** The selected rows of a page, with the column that selects them. */
export function useSelection(rows: readonly TokenRowFragment[]) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const selected = rows.filter(({ id }) => ids.has(id));
  const clear = () => setIds(new Set());
  const select: Column<TokenRowFragment, TokenOrderField> = {
    id: 'select',
    title: 'Select',
    untitled: true,
    head: (
      <input
        type="checkbox"
        aria-label="Select all tokens on this page"
        checked={rows.length > 0 && selected.length === rows.length}
        onChange={({ target }) => setIds(new Set(target.checked ? rows.map(({ id }) => id) : []))}
      />
    ),
    cell: ({ id, name }) => (
      <input
        type="checkbox"
        aria-label={`Select ${name}`}
        checked={ids.has(id)}
        onChange={({ target }) =>
          setIds(new Set(target.checked ? [...ids, id] : [...ids].filter((other) => other !== id)))
        }
      />
    ),
  };
  return { selected, select, clear };
}
