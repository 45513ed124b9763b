import { useState } from 'react';
import { describeFormError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { ChoiceField, TextAreaField, TextField } from '../components/field.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Warning } from '../components/states.tsx';
import { type TokenRowFragment, type UpdateTokenInput, useUpdateTokenMutation } from '../generated/hooks.ts';
import { rolesUpTo } from '../roles.ts';
import { ACCESS_CHOICES, FULL_ACCESS_WARNING } from './access-choices.ts';

/** Returns the input with only the changed fields. */
function changesOf(token: TokenRowFragment, form: Form): UpdateTokenInput {
  const description = form.description.trim() || null;
  return {
    id: token.id,
    ...(form.name !== token.name && { name: form.name }),
    ...(description !== token.description && { description }),
    ...(token.kind === 'PERSONAL' && form.access !== token.access && { access: form.access }),
    ...(form.role && form.role !== token.role && { role: form.role }),
  };
}

type Form = Pick<TokenRowFragment, 'name' | 'access' | 'role'> & { description: string };

/** Edits the name, description and access of a token. Its secret and expiry stay the same. */
export function EditTokenDialog({ token, onClose }: { token: TokenRowFragment; onClose: () => void }) {
  const announce = useAnnounce();
  const [form, setForm] = useState<Form>({ ...token, description: token.description ?? '' });
  const [{ fetching, error }, update] = useUpdateTokenMutation();
  const errors = describeFormError(error, ['name', 'description', 'role']);
  async function save() {
    const result = await update({ input: changesOf(token, form) });
    if (result.error) return;
    announce(`“${form.name}” saved. Its secret stays the same.`);
    onClose();
  }
  return (
    <FormDialog
      title={`Edit “${token.name}”`}
      action="Save"
      disabled={form.name.trim() === ''}
      busy={fetching}
      problem={errors.form}
      onSubmit={save}
      onClose={onClose}
    >
      <TextField
        label="Name"
        error={errors.fields.name}
        required
        maxLength={100}
        value={form.name}
        onChange={(event) => setForm({ ...form, name: event.target.value })}
      />
      <TextAreaField
        label="Description (optional)"
        error={errors.fields.description}
        maxLength={500}
        rows={2}
        value={form.description}
        onChange={(event) => setForm({ ...form, description: event.target.value })}
      />
      {token.kind === 'PERSONAL' && (
        <ChoiceField
          label="Access"
          choices={ACCESS_CHOICES}
          value={form.access}
          onChange={(access) => setForm({ ...form, access })}
        />
      )}
      {form.access === 'FULL' && token.access !== 'FULL' && <Warning>{FULL_ACCESS_WARNING}</Warning>}
      {token.access === 'SCOPED' && form.access !== 'SCOPED' && (
        <Warning>This deletes all scopes of the token.</Warning>
      )}
      {form.role && (
        <RoleField
          error={errors.fields.role}
          roles={rolesUpTo(token.workspace?.viewerRole)}
          value={form.role}
          onChange={(role) => setForm({ ...form, role })}
        />
      )}
    </FormDialog>
  );
}
