import { useState } from 'react';
import { Link } from 'wouter';
import { Button, ButtonLink, IconButton } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { PlusIcon, TrashIcon } from '../components/icons.tsx';
import { Section } from '../components/page.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { type FederationPartsFragment, useFederationsQuery } from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole } from '../roles.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { DeleteFederationDialog } from './delete-federation-dialog.tsx';
import './federations-tab.css';

function NewFederationButton({ workspace }: { workspace: Workspace }) {
  const refusal = refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');
  const content = (
    <>
      <PlusIcon />
      New federation
    </>
  );
  return refusal ? (
    <Button variant="primary" refusal={refusal}>
      {content}
    </Button>
  ) : (
    <ButtonLink href={`/workspaces/${workspace.id}/federations/new`} variant="primary">
      {content}
    </ButtonLink>
  );
}

const COLUMNS: readonly Column<FederationPartsFragment>[] = [
  { id: 'issuer', title: 'Issuer', cell: ({ issuer }) => <code>{issuer}</code> },
  {
    id: 'claims',
    title: 'Claims',
    cell: ({ claims }) => (
      <ul className="federation-claims">
        {claims.map(({ name, value }) => (
          <li key={name}>
            <code>
              {name}: {value}
            </code>
          </li>
        ))}
      </ul>
    ),
  },
  {
    id: 'role',
    title: 'Role',
    cell: ({ role, scopes }) => `${ROLE_NAMES[role]}${scopes ? ', scoped' : ''}`,
  },
  {
    id: 'used',
    title: 'Last used',
    cell: ({ lastUsedAt }) =>
      lastUsedAt ? <Time value={lastUsedAt} relative /> : <span className="muted">Never used</span>,
  },
];

function FederationTable({
  workspace,
  rows,
}: {
  workspace: Workspace;
  rows: readonly FederationPartsFragment[];
}) {
  const [deleted, setDeleted] = useState<FederationPartsFragment | null>(null);
  const hrefOf = ({ id }: FederationPartsFragment) => `/workspaces/${workspace.id}/federations/${id}`;
  const name: Column<FederationPartsFragment> = {
    id: 'name',
    title: 'Name',
    cell: (federation) => (
      <Link href={hrefOf(federation)} className="row-link">
        {federation.name}
      </Link>
    ),
  };
  const actions: Column<FederationPartsFragment> = {
    id: 'actions',
    title: 'Actions',
    untitled: true,
    cell: (federation) => (
      <IconButton
        label={`Delete ${federation.name}`}
        className="icon-button-danger"
        refusal={refusalByRole(workspace.viewerRole, 'ADMINISTRATOR', federation.role)}
        onClick={() => setDeleted(federation)}
      >
        <TrashIcon />
      </IconButton>
    ),
  };
  return (
    <>
      <DataTable
        label="Federations"
        columns={[name, ...COLUMNS, actions]}
        rows={rows}
        keyOf={({ id }) => id}
        hrefOf={hrefOf}
      />
      {deleted && <DeleteFederationDialog federation={deleted} onClose={() => setDeleted(null)} />}
    </>
  );
}

/** The federations of a workspace. */
export function FederationsTab({ workspace }: { workspace: Workspace }) {
  const [{ data, error }, reload] = useFederationsQuery({ variables: { id: workspace.id } });
  const newFederation = <NewFederationButton workspace={workspace} />;
  const rows = data?.workspace?.federations ?? [];
  return (
    <Section
      title="Federations"
      lead="Jobs and pods get short-lived tokens for a JWT that their platform signs, so that you store no secret."
      actions={rows.length > 0 && newFederation}
    >
      <Loaded value={data?.workspace} error={error} what="the federations" onRetry={reload}>
        {() =>
          rows.length === 0 ? (
            <Empty title="No federations yet" action={newFederation}>
              Let GitHub Actions, GitLab CI or Kubernetes get tokens of this workspace.
            </Empty>
          ) : (
            <FederationTable workspace={workspace} rows={rows} />
          )
        }
      </Loaded>
    </Section>
  );
}
