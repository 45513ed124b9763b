import { useState } from 'react';
import { useLocation } from 'wouter';
import { Button } from '../components/button.tsx';
import { Description, DescriptionList } from '../components/description-list.tsx';
import { ConfirmDialog } from '../components/dialog.tsx';
import { NameDialog } from '../components/name-dialog.tsx';
import { Section } from '../components/page.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDeleteWorkspaceMutation, useUpdateWorkspaceMutation } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';
import { EntityTypes } from './entity-types.tsx';
import type { Workspace } from './workspace.ts';

interface DialogProps {
  readonly workspace: Workspace;
  readonly onClose: () => void;
}

function RenameDialog({ workspace, onClose }: DialogProps) {
  const update = useSubmit(useUpdateWorkspaceMutation(), { fields: ['name'], onDone: onClose });
  return (
    <NameDialog
      title={`Rename ${workspace.name}`}
      action="Rename"
      initial={{ name: workspace.name }}
      form={update}
      onSubmit={({ name }) =>
        update.submit({ input: { id: workspace.id, name } }, `Workspace renamed to ${name}`)
      }
      onClose={onClose}
    />
  );
}

function DeleteDialog({ workspace, onClose }: DialogProps) {
  const [, go] = useLocation();
  const deletion = useSubmit(useDeleteWorkspaceMutation(), {
    onDone: () => go('/workspaces', { replace: true }),
  });
  return (
    <ConfirmDialog
      title={`Delete ${workspace.name}`}
      action="Delete workspace"
      typed={workspace.name}
      form={deletion}
      onSubmit={() => deletion.submit({ id: workspace.id }, `${workspace.name} deleted`)}
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
  return (
    <>
      <Section
        title="Settings"
        actions={
          <>
            <Button
              refusal={refusalByRole(viewerRole, 'WORKSPACE_MANAGER')}
              onClick={() => setOpen('rename')}
            >
              Rename
            </Button>
            <Button
              variant="danger-quiet"
              refusal={refusalByRole(viewerRole, 'OWNER')}
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
