import { useState } from 'react';
import { Button, IconButton } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { ConfirmDialog, FormDialog } from '../components/dialog.tsx';
import { PlusIcon, TrashIcon } from '../components/icons.tsx';
import { Section } from '../components/page.tsx';
import { Empty, Failure } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type ScopePartsFragment,
  type TokenQuery,
  useAddTokenScopesMutation,
  useRemoveAllTokenScopesMutation,
  useRemoveTokenScopesMutation,
} from '../generated/hooks.ts';
import { ACCESS_NAMES, operationName } from '../labels.ts';
import { describeScope } from '../scopes/describe-access.ts';
import { emptyDraft, errorsOfScope, isComplete, scopePaths, toScopeInput } from '../scopes/scope-draft.ts';
import { ScopeFields } from '../scopes/scope-fields.tsx';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { useScopeTargets, useTargetsOf } from '../scopes/use-scope-targets.ts';

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
  const [draft, setDraft] = useState(emptyDraft);
  const addition = useSubmit(useAddTokenScopesMutation(), { fields: scopePaths(0), onDone: onClose });
  return (
    <FormDialog
      title={`Add a scope to “${token.name}”`}
      action="Add scope"
      disabled={!isComplete(draft)}
      form={addition}
      onSubmit={() =>
        addition.submit({ input: { id: token.id, scopes: [toScopeInput(draft)] } }, 'Scope added')
      }
      onClose={onClose}
    >
      <ScopeFields
        targets={targets}
        draft={draft}
        errors={errorsOfScope(addition.errors, 0)}
        onChange={setDraft}
      />
    </FormDialog>
  );
}

function RemoveAllDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const removal = useSubmit(useRemoveAllTokenScopesMutation(), { onDone: onClose });
  return (
    <ConfirmDialog
      title={`Delete all scopes of “${token.name}”`}
      action="Delete all"
      form={removal}
      onSubmit={() => removal.submit({ id: token.id }, 'All scopes deleted')}
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
      cell: ({ entityType, entityId, entityPattern }) => {
        if (entityPattern) return <code>{entityPattern}</code>;
        return entityId ? nameOf(entityType, entityId) : 'All';
      },
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

function RemoveDialog({
  token,
  scope,
  description,
  onClose,
}: {
  token: Token;
  scope: ScopePartsFragment;
  description: string;
  onClose: () => void;
}) {
  const removal = useSubmit(useRemoveTokenScopesMutation(), { onDone: onClose });
  return (
    <ConfirmDialog
      title="Delete this scope"
      action="Delete"
      form={removal}
      onSubmit={() => removal.submit({ input: { id: token.id, scopeIds: [scope.id] } }, 'Scope deleted')}
      onClose={onClose}
    >
      <p>
        “{token.name}” immediately loses the permission to {description}.
      </p>
    </ConfirmDialog>
  );
}

function ScopesTable({ token, targets }: { token: Token; targets: ScopeTargets | undefined }) {
  const [removed, setRemoved] = useState<ScopePartsFragment | null>(null);
  const actions: Column<ScopePartsFragment> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (scope) => (
      <IconButton
        label={`Delete the scope on ${scope.entityType}`}
        className="icon-button-danger"
        onClick={() => setRemoved(scope)}
      >
        <TrashIcon />
      </IconButton>
    ),
  };
  return (
    <>
      <DataTable
        label="Scopes"
        columns={[...columnsFor(targets), actions]}
        rows={token.scopes}
        keyOf={({ id }) => id}
      />
      {removed && targets && (
        <RemoveDialog
          token={token}
          scope={removed}
          description={describeScope(removed, targets)}
          onClose={() => setRemoved(null)}
        />
      )}
    </>
  );
}

/** The scopes of a token, with actions to add and delete them. */
export function TokenScopes({ token, onEdit }: { token: Token; onEdit: () => void }) {
  const targets = useTargetsOf(token.scopes);
  const [open, setOpen] = useState<'add' | 'remove-all' | null>(null);
  const choices = useScopeTargets({ workspaceId: token.workspace?.id, pause: open !== 'add' });
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
    <Button busy={open === 'add' && !choices.targets && !choices.error} onClick={() => setOpen('add')}>
      <PlusIcon />
      Add scope
    </Button>
  );
  const hasScopes = token.scopes.length > 0;
  return (
    <Section
      title="Scopes"
      lead={`What the token can do, never more than ${token.role ? 'its role' : 'you'} can. Changes take effect immediately.`}
      actions={
        hasScopes && (
          <>
            <Button variant="danger-quiet" onClick={() => setOpen('remove-all')}>
              Delete all
            </Button>
            {add}
          </>
        )
      }
    >
      {hasScopes ? (
        <ScopesTable token={token} targets={targets} />
      ) : (
        <Empty title="This token can't do anything yet" action={add}>
          Every request is refused until you add a scope.
        </Empty>
      )}
      {open === 'add' && choices.error && <Failure error={choices.error} onRetry={choices.reload} />}
      {open === 'add' && choices.targets && (
        <AddScopeDialog token={token} targets={choices.targets} onClose={() => setOpen(null)} />
      )}
      {open === 'remove-all' && <RemoveAllDialog token={token} onClose={() => setOpen(null)} />}
    </Section>
  );
}
