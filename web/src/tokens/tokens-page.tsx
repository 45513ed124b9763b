import { useState } from 'react';
import { describeError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button, ButtonLink } from '../components/button.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { useFirstPageOnBadCursor, useListState } from '../components/list-state.tsx';
import { Page } from '../components/page.tsx';
import { pageArguments } from '../components/pager.tsx';
import { Empty, Failure, Loading } from '../components/states.tsx';
import { useDeleteAllTokensMutation, useTokensQuery } from '../generated/hooks.ts';
import { counted } from '../labels.ts';
import { PERSONAL_COLUMNS } from './token-columns.tsx';
import { TokenCounters } from './token-counters.tsx';
import { filterOf, PAGE_SIZE, TOKEN_CHOICES, TokenList } from './token-list.tsx';

const NEW_TOKEN = (
  <ButtonLink href="/tokens/new" variant="primary">
    <PlusIcon />
    New token
  </ButtonLink>
);

function DeleteAllDialog({ total, onClose }: { total: number; onClose: () => void }) {
  const announce = useAnnounce();
  const [{ fetching, error }, deleteAll] = useDeleteAllTokensMutation();
  async function confirm() {
    const { data } = await deleteAll({});
    if (!data?.deleteAllTokens) return;
    announce(`${counted(data.deleteAllTokens.deletedCount, 'token')} deleted`);
    onClose();
  }
  return (
    <ConfirmDialog
      title="Delete all your tokens"
      action="Delete all"
      typed="delete all"
      busy={fetching}
      problem={error ? describeError(error) : null}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p>
        All {total} of your personal tokens will be deleted. Every script and service that uses one stops
        working immediately. This can't be undone.
      </p>
    </ConfirmDialog>
  );
}

/** The personal tokens of the signed-in user. */
export function TokensPage() {
  const list = useListState('tokens', TOKEN_CHOICES);
  const [deletingAll, setDeletingAll] = useState(false);
  const [{ data, error, fetching, stale }, reload] = useTokensQuery({
    variables: {
      filter: filterOf(list),
      orderBy: list.sorting,
      ...pageArguments(list.place, PAGE_SIZE),
    },
  });
  useFirstPageOnBadCursor(list, error);
  const total = data?.tokenSummary?.total ?? 0;
  return (
    <Page
      title="Access tokens"
      lead="Let scripts and services use the API as you, with only the permissions you choose."
      actions={
        total > 0 && (
          <>
            <Button variant="danger-quiet" onClick={() => setDeletingAll(true)}>
              Delete all
            </Button>
            {NEW_TOKEN}
          </>
        )
      }
    >
      {error && <Failure error={error} onRetry={reload} />}
      {!data && !error && <Loading what="your tokens" />}
      {data && total === 0 && (
        <Empty title="You have no tokens yet" action={NEW_TOKEN}>
          Use a token instead of your password in scripts. Give it only what it needs. You can turn it off at
          any time.
        </Empty>
      )}
      {data?.tokens && data.tokenSummary && total > 0 && (
        <>
          <TokenCounters summary={data.tokenSummary} />
          <TokenList
            name="tokens"
            columns={PERSONAL_COLUMNS}
            list={list}
            connection={data.tokens}
            busy={fetching || stale}
          />
        </>
      )}
      {deletingAll && <DeleteAllDialog total={total} onClose={() => setDeletingAll(false)} />}
    </Page>
  );
}
