import { useEffect, useState } from 'react';
import { ColumnsMenu, useColumns } from '../components/columns-menu.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import type { ListChoices, ListState } from '../components/list-state.tsx';
import { Pager } from '../components/pager.tsx';
import { Empty } from '../components/states.tsx';
import type {
  TokenFilter,
  TokenOrderField,
  TokenRowFragment,
  TokenStatus,
  TokensQuery,
} from '../generated/hooks.ts';
import { STATUS_NAMES } from '../labels.ts';
import { TokenActionDialog } from './token-action-dialog.tsx';
import type { TokenAction } from './token-actions.ts';
import { TokenMenu } from './token-menu.tsx';
import { TokenToolbar } from './token-toolbar.tsx';

/** The number of tokens on a page. */
export const PAGE_SIZE = 20;

/** The sort fields and filters of a token list. */
export const TOKEN_CHOICES: ListChoices<TokenOrderField> = {
  fields: ['NAME', 'CREATED_AT', 'EXPIRES_AT', 'LAST_USED_AT'],
  filters: Object.keys(STATUS_NAMES),
  initial: { field: 'CREATED_AT', direction: 'DESC' },
};

/** Returns the filter of the toolbar as an API input. */
export function filterOf({ filter, search }: ListState<TokenOrderField>): TokenFilter {
  return { status: filter ? [filter as TokenStatus] : null, search: search || null };
}

type TokenColumn = Column<TokenRowFragment, TokenOrderField>;

interface Chosen {
  readonly action: TokenAction;
  readonly token: TokenRowFragment;
}

/** A list of personal or workspace tokens, with its toolbar, table, pager and dialogs. */
export function TokenList({
  name,
  columns,
  list,
  connection,
  busy,
}: {
  /** The key under which the browser stores the shown columns. */
  name: string;
  columns: readonly TokenColumn[];
  list: ListState<TokenOrderField>;
  connection: NonNullable<TokensQuery['tokens']>;
  busy: boolean;
}) {
  const { shown, show } = useColumns(name, columns);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const { nodes, pageInfo, totalCount } = connection;
  const beyondTheEnd = !busy && nodes.length === 0 && totalCount > 0;
  useEffect(() => {
    if (beyondTheEnd) list.setPlace({});
  });
  const actions: TokenColumn = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (token) => <TokenMenu token={token} onChoose={(action) => setChosen({ action, token })} />,
  };
  return (
    <>
      <TokenToolbar list={list}>
        <div className="toolbar-end">
          <ColumnsMenu all={columns} shown={shown} fixed={['name']} onShow={show} />
        </div>
      </TokenToolbar>
      {nodes.length > 0 ? (
        <DataTable
          label="Access tokens"
          columns={[...shown, actions]}
          rows={nodes}
          keyOf={({ id }) => id}
          classOf={({ status }) =>
            status === 'DISABLED' || status === 'REVOKED' ? 'token-stopped' : undefined
          }
          sorting={list.sorting}
          onSort={list.setSorting}
          busy={busy}
        />
      ) : (
        <Empty title="No matching tokens">Try another status or search text.</Empty>
      )}
      <Pager total={totalCount} noun="token" pageInfo={pageInfo} onMove={list.setPlace} />
      {chosen && <TokenActionDialog {...chosen} onClose={() => setChosen(null)} />}
    </>
  );
}
