import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { PlusIcon } from '../components/icons.tsx';
import { NameDialog } from '../components/name-dialog.tsx';
import { Section } from '../components/page.tsx';
import { type PagePosition, Pager, pageArguments } from '../components/pager.tsx';
import { Empty, Loaded } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type ChannelRowFragment, useChannelsQuery, useCreateChannelMutation } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';
import type { Workspace } from '../workspaces/workspace.ts';

const PAGE_SIZE = 20;

const COLUMNS: readonly Column<ChannelRowFragment>[] = [
  {
    id: 'name',
    title: 'Name',
    cell: ({ id, name }) => (
      <Link href={`/channels/${id}`} className="row-link">
        {name}
      </Link>
    ),
  },
  {
    id: 'description',
    title: 'Description',
    cell: ({ description }) => description ?? <span className="muted">None</span>,
  },
  { id: 'created', title: 'Created', cell: ({ createdAt }) => <Time value={createdAt} /> },
];

function CreateChannelDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const [, go] = useLocation();
  const create = useSubmit(useCreateChannelMutation(), { fields: ['name', 'description'] });
  return (
    <NameDialog
      title={`New channel in ${workspace.name}`}
      action="Create channel"
      initial={{ name: '', description: '' }}
      form={create}
      onSubmit={async ({ name, description }) => {
        const input = { workspaceId: workspace.id, name, description: description.trim() || null };
        const data = await create.submit({ input });
        const channel = data?.createChannel?.channel;
        if (channel) go(`/channels/${channel.id}`);
      }}
      onClose={onClose}
    />
  );
}

/** The channels of a workspace. */
export function ChannelsTab({ workspace }: { workspace: Workspace }) {
  const [position, setPosition] = useState<PagePosition>({});
  const [creating, setCreating] = useState(false);
  const [{ data, error }, reload] = useChannelsQuery({
    variables: { id: workspace.id, ...pageArguments(position, PAGE_SIZE) },
  });
  const list = data?.workspace?.channels;
  const create = (
    <Button
      variant="primary"
      refusal={refusalByRole(workspace.viewerRole, 'TEAM_MEMBER')}
      onClick={() => setCreating(true)}
    >
      <PlusIcon />
      New channel
    </Button>
  );
  return (
    <Section
      title="Channels"
      lead="Publish messages and follow them live."
      actions={list && list.totalCount > 0 && create}
    >
      <Loaded value={list} error={error} what="the channels" onRetry={reload}>
        {({ nodes, totalCount, pageInfo }) =>
          totalCount === 0 ? (
            <Empty title="No channels yet" action={create}>
              Users and tokens publish JSON to a channel. Subscribers receive it immediately.
            </Empty>
          ) : (
            <>
              <DataTable
                label="Channels"
                columns={COLUMNS}
                rows={nodes}
                keyOf={({ id }) => id}
                hrefOf={({ id }) => `/channels/${id}`}
              />
              <Pager
                total={totalCount}
                shown={nodes.length}
                size={PAGE_SIZE}
                noun="channel"
                position={position}
                pageInfo={pageInfo}
                onMove={setPosition}
              />
            </>
          )
        }
      </Loaded>
      {creating && <CreateChannelDialog workspace={workspace} onClose={() => setCreating(false)} />}
    </Section>
  );
}
