import { useMemo, useState } from 'react';
import { describeError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button, IconButton } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { ConfirmDialog, FormDialog } from '../components/dialog.tsx';
import { PlusIcon, TrashIcon } from '../components/icons.tsx';
import { Section } from '../components/page.tsx';
import { Empty, Problem } from '../components/states.tsx';
import {
  type ScopePartsFragment,
  type TokenQuery,
  useAddTokenScopesMutation,
  useRemoveAllTokenScopesMutation,
  useRemoveTokenScopesMutation,
  useScopeTargetsQuery,
} from '../generated/hooks.ts';
import { ACCESS_NAMES, operationName } from '../labels.ts';
import { emptyDraft, isComplete, type ScopeTargets, toScopeInput, toScopeTargets } from './scope-draft.ts';
import { ScopeFields } from './scope-fields.tsx';

type Token = NonNullable<TokenQuery['token']>;

function AddScopeDialog({
  token,
  targets,
  onClose,
}: {
  token: Token;
  targets: ScopeTargets;
  onClose: () => void;
}) {
  const announce = useAnnounce();
  const [draft, setDraft] = useState(emptyDraft);
  const [{ fetching, error }, add] = useAddTokenScopesMutation();
  async function submit() {
    const result = await add({ input: { id: token.id, scopes: [toScopeInput(draft)] } });
    if (result.error) return;
    announce('Scope added');
    onClose();
  }
  return (
    <FormDialog
      title={`Add a scope to “${token.name}”`}
      action="Add scope"
      disabled={!isComplete(draft)}
      busy={fetching}
      problem={error ? describeError(error) : null}
      onSubmit={submit}
      onClose={onClose}
    >
      <ScopeFields targets={targets} draft={draft} onChange={setDraft} />
    </FormDialog>
  );
}

function RemoveAllDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const announce = useAnnounce();
  const [{ fetching, error }, removeAll] = useRemoveAllTokenScopesMutation();
  async function confirm() {
    const result = await removeAll({ id: token.id });
    if (result.error) return;
    announce('All scopes deleted');
    onClose();
  }
  return (
    <ConfirmDialog
      title={`Delete all scopes of “${token.name}”`}
      action="Delete all"
      busy={fetching}
      problem={error ? describeError(error) : null}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p>The token stays valid but can't do anything until you add a scope.</p>
    </ConfirmDialog>
  );
}

function columnsFor(targets: ScopeTargets | undefined): Column<ScopePartsFragment>[] {
  const nameOf = (type: string, id: string) =>
    targets?.entitiesOf(type)?.find((entity) => entity.id === id)?.name ?? <code>{id}</code>;
  return [
    { id: 'type', title: 'Type', cell: ({ entityType }) => entityType },
    {
      id: 'entity',
      title: 'Resource',
      cell: ({ entityType, entityId }) => (entityId ? nameOf(entityType, entityId) : 'All'),
    },
    {
      id: 'workspace',
      title: 'Workspace',
      cell: ({ workspaceId }) => (workspaceId ? nameOf('workspace', workspaceId) : 'All'),
    },
    {
      id: 'operations',
      title: 'Operations',
      cell: ({ operations }) => operations.map(operationName).join(', '),
    },
  ];
}

function ScopesTable({ token, targets }: { token: Token; targets: ScopeTargets | undefined }) {
  const announce = useAnnounce();
  const [{ fetching, error }, remove] = useRemoveTokenScopesMutation();
  async function removeOne(scope: ScopePartsFragment) {
    const result = await remove({ input: { id: token.id, scopeIds: [scope.id] } });
    if (!result.error) announce('Scope deleted');
  }
  const trash: Column<ScopePartsFragment> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (scope) => (
      <IconButton
        label={`Delete the scope on ${scope.entityType}`}
        className="icon-button-danger"
        disabled={fetching}
        onClick={() => removeOne(scope)}
      >
        <TrashIcon />
      </IconButton>
    ),
  };
  return (
    <>
      {error && <Problem>{describeError(error)}</Problem>}
      <DataTable
        label="Scopes"
        columns={[...columnsFor(targets), trash]}
        rows={token.scopes}
        keyOf={({ id }) => id}
        busy={fetching}
      />
    </>
  );
}

/** The scopes of a personal token, with actions to add and delete them. */
export function TokenScopes({ token, onEdit }: { token: Token; onEdit: () => void }) {
  const [{ data }] = useScopeTargetsQuery();
  const targets = useMemo(() => data && toScopeTargets(data), [data]);
  const [open, setOpen] = useState<'add' | 'remove-all' | null>(null);
  if (token.access !== 'SCOPED') {
    return (
      <Section title="Scopes" actions={<Button onClick={onEdit}>Change access</Button>}>
        <p className="muted">
          {token.access === 'FULL' ? "A full-access token doesn't use scopes." : 'This token has no access.'}{' '}
          Change its access to “{ACCESS_NAMES.SCOPED}” to use scopes.
        </p>
      </Section>
    );
  }
  const add = (
    <Button disabled={!targets} onClick={() => setOpen('add')}>
      <PlusIcon />
      Add scope
    </Button>
  );
  const some = token.scopes.length > 0;
  return (
    <Section
      title="Scopes"
      lead="What the token can do, never more than you can. Changes take effect immediately."
      actions={
        some && (
          <>
            <Button variant="danger-quiet" onClick={() => setOpen('remove-all')}>
              Delete all
            </Button>
            {add}
          </>
        )
      }
    >
      {some ? (
        <ScopesTable token={token} targets={targets} />
      ) : (
        <Empty title="This token can't do anything yet" action={add}>
          Every request is refused until you add a scope.
        </Empty>
      )}
      {open === 'add' && targets && (
        <AddScopeDialog token={token} targets={targets} onClose={() => setOpen(null)} />
      )}
      {open === 'remove-all' && <RemoveAllDialog token={token} onClose={() => setOpen(null)} />}
    </Section>
  );
}
