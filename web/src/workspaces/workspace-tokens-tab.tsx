import { Button, ButtonLink } from '../components/button.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { Section } from '../components/page.tsx';
import { Empty } from '../components/states.tsx';
import { useWorkspaceTokensQuery } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';
import { WORKSPACE_COLUMNS } from '../tokens/token-columns.tsx';
import { TokenList, useTokenList } from '../tokens/token-list.tsx';
import type { Workspace } from './workspace.ts';

function NewTokenButton({ workspace }: { workspace: Workspace }) {
  const refusal = refusalByRole(workspace.viewerRole, 'WORKSPACE_MANAGER');
  const content = (
    <>
      <PlusIcon />
      New workspace token
    </>
  );
  return refusal ? (
    <Button variant="primary" refusal={refusal}>
      {content}
    </Button>
  ) : (
    <ButtonLink href={`/workspaces/${workspace.id}/access-tokens/new`} variant="primary">
      {content}
    </ButtonLink>
  );
}

/** The tokens that belong to a workspace. */
export function WorkspaceTokensTab({ workspace }: { workspace: Workspace }) {
  const { list, variables } = useTokenList('workspace-tokens');
  const [{ data, error, fetching, stale }, reload] = useWorkspaceTokensQuery({
    variables: { id: workspace.id, ...variables },
  });
  const found = data?.workspace;
  const newToken = <NewTokenButton workspace={workspace} />;
  return (
    <Section
      title="Access tokens"
      lead="These belong to the workspace, not to the person who created them."
      actions={found && found.tokenSummary.total > 0 && newToken}
    >
      <TokenList
        name="workspace-tokens"
        columns={WORKSPACE_COLUMNS}
        list={list}
        connection={found?.tokens}
        summary={found?.tokenSummary}
        error={error}
        busy={fetching || stale}
        onRetry={reload}
        empty={
          <Empty title="No workspace tokens yet" action={newToken}>
            A workspace token gives a service its own role in this workspace.
          </Empty>
        }
      />
    </Section>
  );
}
