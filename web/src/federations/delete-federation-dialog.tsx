import { ConfirmDialog } from '../components/dialog.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type FederationPartsFragment, useDeleteFederationMutation } from '../generated/hooks.ts';

/** Deletes a federation after a confirmation. */
export function DeleteFederationDialog({
  federation: { id, name },
  onClose,
  onDone = onClose,
}: {
  federation: Pick<FederationPartsFragment, 'id' | 'name'>;
  onClose: () => void;
  onDone?: () => void;
}) {
  const deletion = useSubmit(useDeleteFederationMutation(), { onDone });
  return (
    <ConfirmDialog
      title={`Delete “${name}”`}
      action="Delete"
      form={deletion}
      onSubmit={() => deletion.submit({ id }, `“${name}” deleted`)}
      onClose={onClose}
    >
      <p>Its tokens stop working immediately, and its jobs and pods get no new ones. This can't be undone.</p>
    </ConfirmDialog>
  );
}
