import { useState } from 'react';
import { useLocation } from 'wouter';
import { describeError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button } from '../components/button.tsx';
import { Description, DescriptionList } from '../components/description-list.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { NameDialog } from '../components/name-dialog.tsx';
import { Section } from '../components/page.tsx';
import { Time } from '../components/time.tsx';
import { useDeleteWorkspaceMutation, useUpdateWorkspaceMutation } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';
import { EntityTypes } from './entity-types.tsx';
import type { Workspace } from './workspace.ts';

interface DialogProps {
  readonly workspace: Workspace;
  readonly onClose: () => void;
}

function RenameDialog({ workspace, onClose }: DialogProps) {
  const announce = useAnnounce();
  const [{ fetching, error }, update] = useUpdateWorkspaceMutation();
  return (
    <NameDialog
      title={`Rename ${workspace.name}`}
      action="Rename"
      initial={{ name: workspace.name, description: '' }}
      busy={fetching}
      error={error}
      onSubmit={async ({ name }) => {
        const result = await update({ input: { id: workspace.id, name } });
        if (result.error) return;
        announce(`Workspace renamed to ${name}`);
        onClose();
      }}
      onClose={onClose}
    />
  );
}

function DeleteDialog({ workspace, onClose }: DialogProps) {
  const announce = useAnnounce();
  const [, go] = useLocation();
  const [{ fetching, error }, remove] = useDeleteWorkspaceMutation();
  async function confirm() {
    const result = await remove({ id: workspace.id });
    if (result.error) return;
    announce(`${workspace.name} deleted`);
    go('/workspaces', { replace: true });
  }
  return (
    <ConfirmDialog
      title={`Delete ${workspace.name}`}
      action="Delete workspace"
      typed={workspace.name}
      busy={fetching}
      problem={error ? describeError(error) : null}
      onSubmit={confirm}
      onClose={onClose}
    >
      <p>
        Its channels, messages, memberships and tokens are deleted. Every service that uses one of its tokens
        stops working immediately. This can't be undone.
      </p>
    </ConfirmDialog>
  );
}

/** The settings of a workspace: name, resource types and deletion. */
export function SettingsTab({ workspace }: { workspace: Workspace }) {
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null);
  const close = () => setOpen(null);
  const { viewerRole } = workspace;
  const renameRefusal = refusalByRole(viewerRole, 'WORKSPACE_MANAGER');
  const deleteRefusal = refusalByRole(viewerRole, 'OWNER');
  return (
    <>
      <Section
        title="Settings"
        actions={
          <>
            <Button
              disabled={renameRefusal !== null}
              title={renameRefusal ?? undefined}
              onClick={() => setOpen('rename')}
            >
              Rename
            </Button>
            <Button
              variant="danger-quiet"
              disabled={deleteRefusal !== null}
              title={deleteRefusal ?? undefined}
              onClick={() => setOpen('delete')}
            >
              Delete workspace
            </Button>
          </>
        }
      >
        <DescriptionList>
          <Description name="Name">{workspace.name}</Description>
          <Description name="Slug">
            <code>{workspace.slug}</code>
          </Description>
          <Description name="Created">
            <Time value={workspace.createdAt} />
          </Description>
        </DescriptionList>
      </Section>
      <EntityTypes workspace={workspace} />
      {open === 'rename' && <RenameDialog workspace={workspace} onClose={close} />}
      {open === 'delete' && <DeleteDialog workspace={workspace} onClose={close} />}
    </>
  );
}
