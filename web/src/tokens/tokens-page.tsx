import { useState } from 'react';
import { Button, ButtonLink } from '../components/button.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { Page } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDeleteAllTokensMutation, useTokensQuery } from '../generated/hooks.ts';
import { counted } from '../labels.ts';
import { PERSONAL_COLUMNS } from './token-columns.tsx';
import { TokenList, useTokenList } from './token-list.tsx';

const NEW_TOKEN = (
  <ButtonLink href="/tokens/new" variant="primary">
    <PlusIcon />
    New token
  </ButtonLink>
);

function DeleteAllDialog({ total, onClose }: { total: number; onClose: () => void }) {
  const deletion = useSubmit(useDeleteAllTokensMutation(), { onDone: onClose });
  return (
    <ConfirmDialog
      title="Delete all your tokens"
      action="Delete all"
      typed="delete all"
      form={deletion}
      onSubmit={() =>
        deletion.submit(
          {},
          ({ deleteAllTokens }) => `${counted(deleteAllTokens?.deletedCount ?? 0, 'token')} deleted`,
        )
      }
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
  const { list, variables } = useTokenList('tokens');
  const [deletingAll, setDeletingAll] = useState(false);
  const [{ data, error, fetching, stale }, reload] = useTokensQuery({ variables });
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
      <TokenList
        name="tokens"
        columns={PERSONAL_COLUMNS}
        list={list}
        connection={data?.tokens}
        summary={data?.tokenSummary}
        error={error}
        busy={fetching || stale}
        onRetry={reload}
        empty={
          <Empty title="You have no tokens yet" action={NEW_TOKEN}>
            Use a token instead of your password in scripts. Give it only what it needs. You can turn it off
            at any time.
          </Empty>
        }
      />
      {deletingAll && <DeleteAllDialog total={total} onClose={() => setDeletingAll(false)} />}
    </Page>
  );
}
