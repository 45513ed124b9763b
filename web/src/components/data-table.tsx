// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop the roles of a table with another layout
import type { MouseEvent, ReactNode } from 'react';
import { useLocation } from 'wouter';
import './data-table.css';
import { DownIcon, UpIcon } from './icons.tsx';

/** The order of a list. */
export interface Sorting<Field extends string> {
  readonly field: Field;
  readonly direction: 'ASC' | 'DESC';
}

/** A column of rows of one kind. */
export interface Column<Row, Field extends string = never> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** The content of the heading in place of the title. */
  readonly head?: ReactNode;
  /** The field that pressing the heading sorts by. */
  readonly sort?: Field;
  /** Whether only screen readers get the heading. A narrow page then shows no label beside the cell. */
  readonly untitled?: boolean;
}

interface DataTableProps<Row, Field extends string> {
  /** The name of the table for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row, Field>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** Returns the path that pressing a row opens. */
  readonly hrefOf?: (row: Row) => string;
  readonly classOf?: (row: Row) => string | undefined;
  readonly sorting?: Sorting<Field>;
  readonly onSort?: (sorting: Sorting<Field>) => void;
  /** Whether the rows are being reloaded. */
  readonly busy?: boolean;
}

const ARIA_SORT = { ASC: 'ascending', DESC: 'descending' } as const;

function HeadCell<Row, Field extends string>({
  column,
  sorting,
  onSort,
}: { column: Column<Row, Field> } & Pick<DataTableProps<Row, Field>, 'sorting' | 'onSort'>) {
  const { sort, title, untitled } = column;
  const direction = sort && sorting?.field === sort ? sorting.direction : undefined;
  return (
    <th role="columnheader" scope="col" aria-sort={direction && ARIA_SORT[direction]}>
      {sort && onSort ? (
        <button
          type="button"
          className="data-sort"
          onClick={() => onSort({ field: sort, direction: direction === 'ASC' ? 'DESC' : 'ASC' })}
        >
          {title}
          {direction && (direction === 'ASC' ? <UpIcon /> : <DownIcon />)}
        </button>
      ) : (
        (column.head ?? <span className={untitled ? 'visually-hidden' : undefined}>{title}</span>)
      )}
    </th>
  );
}

/** What a press on it does itself, instead of opening the row. */
const CONTROLS = 'a, button, input, label, select, [popover], dialog';

/** Returns a function that opens a path after a press on a row, unless the press was on a control or selected a text. */
function useOpenRow() {
  const [, go] = useLocation();
  return (event: MouseEvent<HTMLElement>, href: string) => {
    if ((event.target as Element).closest(CONTROLS) || window.getSelection()?.toString()) return;
    if (event.ctrlKey || event.metaKey) window.open(href, '_blank', 'noopener');
    else go(href);
  };
}

/** A table that becomes a list of cards on a narrow page. Its ARIA roles stay, so screen readers still read a table. */
export function DataTable<Row, Field extends string = never>(props: DataTableProps<Row, Field>) {
  const { label, columns, rows, keyOf, hrefOf, classOf, sorting, onSort, busy } = props;
  const open = useOpenRow();
  return (
    <div className="data-frame">
      <table className="data-table" role="table" aria-label={label} aria-busy={busy || undefined}>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <HeadCell
                key={column.id}
                column={column}
                {...(sorting && { sorting })}
                {...(onSort && { onSort })}
              />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr
              key={keyOf(row)}
              role="row"
              className={[hrefOf && 'data-opens', classOf?.(row)].filter(Boolean).join(' ') || undefined}
              onClick={hrefOf && ((event) => open(event, hrefOf(row)))}
            >
              {columns.map((column) => (
                <td
                  key={column.id}
                  role="cell"
                  className={`data-${column.id}`}
                  data-label={column.untitled ? undefined : column.title}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
