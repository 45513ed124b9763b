import { type ReactNode, useEffect, useState } from 'react';
import type { CombinedError } from 'urql';
import { ColumnsMenu, useColumns } from '../components/columns-menu.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import {
  type ListChoices,
  type ListState,
  useFirstPageOnBadCursor,
  useListState,
} from '../components/list-state.tsx';
import { Pager, pageArguments } from '../components/pager.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import type {
  SummaryPartsFragment,
  TokenFilter,
  TokenOrderField,
  TokenRowFragment,
  TokenStatus,
  TokensQuery,
} from '../generated/hooks.ts';
import { STATUS_NAMES } from '../labels.ts';
import { BulkActions } from './bulk-actions.tsx';
import { TokenActionDialog } from './token-action-dialog.tsx';
import type { TokenAction } from './token-actions.ts';
import { SOON, TokenCounters } from './token-counters.tsx';
import { TokenMenu } from './token-menu.tsx';
import { TokenToolbar } from './token-toolbar.tsx';
import { useSelection } from './use-selection.tsx';

const PAGE_SIZE = 20;

const CHOICES: ListChoices<TokenOrderField> = {
  fields: ['NAME', 'CREATED_AT', 'EXPIRES_AT', 'LAST_USED_AT'],
  filters: [...Object.keys(STATUS_NAMES), SOON],
  initial: { field: 'CREATED_AT', direction: 'DESC' },
};

/** What the server counts as "expiring soon". */
const SOON_MS = 7 * 86_400_000;

/** Returns the state of a token list and the variables of its query. `name` identifies the stored search text. */
export function useTokenList(name: string) {
  const list = useListState(name, CHOICES);
  const [soon] = useState(() => new Date(Date.now() + SOON_MS).toISOString());
  const status = list.filter === SOON ? 'ACTIVE' : (list.filter as TokenStatus | '');
  const filter: TokenFilter = {
    status: status ? [status] : null,
    expiresBefore: list.filter === SOON ? soon : null,
    search: list.search || null,
  };
  return {
    list,
    variables: { filter, orderBy: list.sorting, ...pageArguments(list.position, PAGE_SIZE) },
  };
}

type TokenColumn = Column<TokenRowFragment, TokenOrderField>;

type TokenConnection = NonNullable<TokensQuery['tokens']>;

interface Chosen {
  readonly action: TokenAction;
  readonly token: TokenRowFragment;
}

interface TokenListProps {
  /** The name under which the browser stores the shown columns. */
  readonly name: string;
  readonly columns: readonly TokenColumn[];
  readonly list: ListState<TokenOrderField>;
  readonly busy: boolean;
}

/** The tokens on the current page of a list, with its toolbar, pager and dialogs. */
function TokenTable({
  name,
  columns,
  list,
  connection,
  busy,
}: TokenListProps & { connection: TokenConnection }) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const { nodes, pageInfo, totalCount } = connection;
  const { select, selected, clear } = useSelection(nodes);
  const beyondTheEnd = !busy && nodes.length === 0 && totalCount > 0;
  useEffect(() => {
    if (beyondTheEnd) list.setPosition({});
  });
  const actions: TokenColumn = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (token) => <TokenMenu token={token} onChoose={(action) => setChosen({ action, token })} />,
  };
  // Most workspaces have no tokens with subjects.
  const filled = columns.filter(({ id }) => id !== 'subject' || nodes.some(({ subject }) => subject));
  const all = [...filled, actions];
  const { shown, show } = useColumns(name, all);
  return (
    <>
      <TokenToolbar list={list}>
        <div className="toolbar-end">
          <ColumnsMenu all={all} shown={shown} fixed={['status']} onShow={show} />
        </div>
      </TokenToolbar>
      <BulkActions tokens={selected} onClear={clear} />
      {nodes.length > 0 ? (
        <DataTable
          label="Access tokens"
          columns={[select, ...shown]}
          rows={nodes}
          keyOf={({ id }) => id}
          hrefOf={({ id }) => `/tokens/${id}`}
          classOf={({ status }) =>
            status === 'DISABLED' || status === 'REVOKED' ? 'token-inactive' : undefined
          }
          sorting={list.sorting}
          onSort={list.setSorting}
          busy={busy}
        />
      ) : (
        <Empty title="No matching tokens">Try another status or search text.</Empty>
      )}
      <Pager
        total={totalCount}
        shown={nodes.length}
        size={PAGE_SIZE}
        noun="token"
        position={list.position}
        pageInfo={pageInfo}
        onMove={list.setPosition}
      />
      {chosen && <TokenActionDialog {...chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

/** A list of personal or workspace tokens with its counters; `empty` is shown if there are no tokens at all. */
export function TokenList({
  connection,
  summary,
  error,
  onRetry,
  empty,
  ...props
}: TokenListProps & {
  connection: TokenConnection | null | undefined;
  summary: SummaryPartsFragment | null | undefined;
  error: CombinedError | undefined;
  onRetry: () => void;
  empty: ReactNode;
}) {
  useFirstPageOnBadCursor(props.list, error);
  return (
    <Loaded
      value={connection && summary && { connection, summary }}
      error={error}
      what="the tokens"
      onRetry={onRetry}
    >
      {(loaded) =>
        loaded.summary.total === 0 ? (
          empty
        ) : (
          <>
            <TokenCounters summary={loaded.summary} list={props.list} />
            <TokenTable connection={loaded.connection} {...props} />
          </>
        )
      }
    </Loaded>
  );
}
