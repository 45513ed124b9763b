import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Badge } from '../components/badge.tsx';
import { Button, ButtonLink } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { NameDialog } from '../components/name-dialog.tsx';
import { Page, Section } from '../components/page.tsx';
import { type PagePosition, Pager, pageArguments } from '../components/pager.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type SharedChannelsQuery,
  useCreateWorkspaceMutation,
  useSharedChannelsQuery,
  useWorkspacesQuery,
  type WorkspacePartsFragment,
} from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';

const PAGE_SIZE = 20;

const COLUMNS: readonly Column<WorkspacePartsFragment>[] = [
  {
    id: 'name',
    title: 'Name',
    cell: ({ id, name }) => (
      <Link href={`/workspaces/${id}`} className="row-link">
        {name}
      </Link>
    ),
  },
  { id: 'slug', title: 'Slug', cell: ({ slug }) => <code className="muted">{slug}</code> },
  {
    id: 'role',
    title: 'Your role',
    cell: ({ viewerRole }) => viewerRole && <Badge>{ROLE_NAMES[viewerRole]}</Badge>,
  },
  { id: 'created', title: 'Created', cell: ({ createdAt }) => <Time value={createdAt} /> },
];

type SharedChannel = NonNullable<SharedChannelsQuery['channels']>['nodes'][number];

const SHARED_COLUMNS: readonly Column<SharedChannel>[] = [
  {
    id: 'name',
    title: 'Channel',
    cell: ({ id, name }) => (
      <Link href={`/channels/${id}`} className="row-link">
        {name}
      </Link>
    ),
  },
  { id: 'workspace', title: 'Workspace', cell: ({ workspace }) => workspace.name },
];

function CreateWorkspaceDialog({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation();
  const create = useSubmit(useCreateWorkspaceMutation(), { fields: ['name'] });
  return (
    <NameDialog
      title="New workspace"
      action="Create workspace"
      initial={{ name: '' }}
      form={create}
      onSubmit={async ({ name }) => {
        const data = await create.submit({ name });
        const workspace = data?.createWorkspace?.workspace;
        if (workspace) go(`/workspaces/${workspace.id}`);
      }}
      onClose={onClose}
    />
  );
}

/** The channels that are shared with the user from other workspaces. */
function SharedChannels() {
  const [{ data }] = useSharedChannelsQuery();
  const shared = data?.channels?.nodes.filter(({ workspace }) => workspace.viewerRole === null) ?? [];
  if (shared.length === 0) return null;
  return (
    <Section title="Shared with you" lead="Channels in workspaces that you aren't a member of.">
      <DataTable
        label="Shared channels"
        columns={SHARED_COLUMNS}
        rows={shared}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => `/channels/${id}`}
      />
    </Section>
  );
}

/** The workspaces of the signed-in user. */
export default function WorkspacesPage() {
  const [position, setPosition] = useState<PagePosition>({});
  const [creating, setCreating] = useState(false);
  const [{ data, error }, reload] = useWorkspacesQuery({ variables: pageArguments(position, PAGE_SIZE) });
  const create = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <PlusIcon />
      New workspace
    </Button>
  );
  const list = data?.workspaces;
  return (
    <Page
      title="Workspaces"
      lead="A workspace groups members, tokens and channels."
      actions={
        <>
          <ButtonLink href="/invitation" variant="quiet">
            Accept an invitation
          </ButtonLink>
          {list && list.totalCount > 0 && create}
        </>
      }
    >
      <Loaded value={list} error={error} what="your workspaces" onRetry={reload}>
        {({ nodes, totalCount, pageInfo }) =>
          totalCount === 0 ? (
            <Empty title="No workspaces yet" action={create}>
              Create one and invite others, or accept an invitation.
            </Empty>
          ) : (
            <>
              <DataTable
                label="Workspaces"
                columns={COLUMNS}
                rows={nodes}
                keyOf={({ id }) => id}
                hrefOf={({ id }) => `/workspaces/${id}`}
              />
              <Pager
                total={totalCount}
                shown={nodes.length}
                size={PAGE_SIZE}
                noun="workspace"
                position={position}
                pageInfo={pageInfo}
                onMove={setPosition}
              />
            </>
          )
        }
      </Loaded>
      <SharedChannels />
      {creating && <CreateWorkspaceDialog onClose={() => setCreating(false)} />}
    </Page>
  );
}
