import { useState } from 'react';
import { Button } from './button.tsx';
import type { Column } from './data-table.tsx';
import { ColumnsIcon } from './icons.tsx';
import { Menu, MenuSwitch } from './menu.tsx';

function readHidden(key: string): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : [];
  } catch {
    return [];
  }
}

/** Returns the columns that the user chose to see. The browser stores the choice under the name of the table. */
export function useColumns<C extends Pick<Column<never>, 'id'>>(table: string, all: readonly C[]) {
  const key = `postern.columns.${table}`;
  const [hidden, setHidden] = useState(() => readHidden(key));
  function show(id: string, shown: boolean) {
    const next = shown ? hidden.filter((other) => other !== id) : [...hidden, id];
    setHidden(next);
    localStorage.setItem(key, JSON.stringify(next));
  }
  return { shown: all.filter(({ id }) => !hidden.includes(id)), show };
}

/** A menu that shows and hides columns of a table; `fixed` columns are always shown. */
export function ColumnsMenu({
  all,
  shown,
  fixed,
  onShow,
}: {
  all: readonly { readonly id: string; readonly title: string }[];
  shown: readonly { readonly id: string }[];
  fixed: readonly string[];
  onShow: (id: string, shown: boolean) => void;
}) {
  return (
    <Menu
      trigger={(props) => (
        <Button {...props}>
          <ColumnsIcon />
          Columns
        </Button>
      )}
    >
      {all
        .filter(({ id }) => !fixed.includes(id))
        .map(({ id, title }) => (
          <MenuSwitch
            key={id}
            checked={shown.some((column) => column.id === id)}
            onChange={(checked) => onShow(id, checked)}
          >
            {title}
          </MenuSwitch>
        ))}
    </Menu>
  );
}
