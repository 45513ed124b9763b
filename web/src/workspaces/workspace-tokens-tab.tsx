import { Button, ButtonLink } from '../components/button.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { useFirstPageOnBadCursor, useListState } from '../components/list-state.tsx';
import { Section } from '../components/page.tsx';
import { pageArguments } from '../components/pager.tsx';
import { Empty, Failure, Loading } from '../components/states.tsx';
import { useWorkspaceTokensQuery } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';
import { WORKSPACE_COLUMNS } from '../tokens/token-columns.tsx';
import { TokenCounters } from '../tokens/token-counters.tsx';
import { filterOf, PAGE_SIZE, TOKEN_CHOICES, TokenList } from '../tokens/token-list.tsx';
import type { Workspace } from './workspace.ts';

function NewTokenButton({ workspace }: { workspace: Workspace }) {
  const refusal = refusalByRole(workspace.viewerRole, 'WORKSPACE_MANAGER');
  if (refusal) {
    return (
      <Button variant="primary" disabled title={refusal}>
        <PlusIcon />
        New workspace token
      </Button>
    );
  }
  return (
    <ButtonLink href={`/workspaces/${workspace.id}/access-tokens/new`} variant="primary">
      <PlusIcon />
      New workspace token
    </ButtonLink>
  );
}

/** The tokens that belong to a workspace. */
export function WorkspaceTokensTab({ workspace }: { workspace: Workspace }) {
  const list = useListState('workspace-tokens', TOKEN_CHOICES);
  const [{ data, error, fetching, stale }, reload] = useWorkspaceTokensQuery({
    variables: {
      id: workspace.id,
      filter: filterOf(list),
      orderBy: list.sorting,
      ...pageArguments(list.place, PAGE_SIZE),
    },
  });
  useFirstPageOnBadCursor(list, error);
  const found = data?.workspace;
  const some = found && found.tokenSummary.total > 0;
  return (
    <Section
      title="Access tokens"
      lead="These belong to the workspace, not to the person who created them."
      actions={some && <NewTokenButton workspace={workspace} />}
    >
      {error && <Failure error={error} onRetry={reload} />}
      {!found && !error && <Loading what="the tokens" />}
      {found && !some && (
        <Empty title="No workspace tokens yet" action={<NewTokenButton workspace={workspace} />}>
          A workspace token gives a service its own role in this workspace.
        </Empty>
      )}
      {some && (
        <>
          <TokenCounters summary={found.tokenSummary} />
          <TokenList
            name="workspace-tokens"
            columns={WORKSPACE_COLUMNS}
            list={list}
            connection={found.tokens}
            busy={fetching || stale}
          />
        </>
      )}
    </Section>
  );
}
