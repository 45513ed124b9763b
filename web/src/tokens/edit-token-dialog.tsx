import { useState } from 'react';
import { FormDialog } from '../components/dialog.tsx';
import { ChoiceField } from '../components/field.tsx';
import { NamingFields } from '../components/naming-fields.tsx';
import { RoleField } from '../components/role-field.tsx';
import { Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type TokenRowFragment, type UpdateTokenInput, useUpdateTokenMutation } from '../generated/hooks.ts';
import { rolesUpTo } from '../roles.ts';
import { ACCESS_CHOICES, FULL_ACCESS_WARNING } from './access-choices.ts';
import {
  COMMON_FIELDS,
  type LimitsDraft,
  LimitsFields,
  toLimitsDraft,
  toLimitsInput,
} from './token-form.tsx';

/** Returns the input with only the changed fields. */
function changesOf(token: TokenRowFragment, form: Form): UpdateTokenInput {
  const description = form.description.trim() || null;
  return {
    id: token.id,
    ...(form.name !== token.name && { name: form.name }),
    ...(description !== token.description && { description }),
    ...(token.kind === 'PERSONAL' && form.access !== token.access && { access: form.access }),
    ...(form.role && form.role !== token.role && { role: form.role }),
    ...(form.renewsLimits && { limits: toLimitsInput(form.limits) }),
  };
}

interface Form extends Pick<TokenRowFragment, 'name' | 'access' | 'role'> {
  readonly description: string;
  readonly limits: LimitsDraft;
  /** Whether the limits are sent. The server then gives the token all its uses again. */
  readonly renewsLimits: boolean;
}

/** Edits the name, description and access of a token. Its secret and expiry stay the same. */
export function EditTokenDialog(props: { token: TokenRowFragment; onClose: () => void }) {
  const { onClose } = props;
  // What someone else changes while the dialog is open stays.
  const [token] = useState(props.token);
  const [form, setForm] = useState<Form>({
    ...token,
    description: token.description ?? '',
    limits: toLimitsDraft(token.limits),
    renewsLimits: token.status === 'USED_UP',
  });
  const update = useSubmit(useUpdateTokenMutation(), {
    fields: [...COMMON_FIELDS, 'access', 'role'],
    onDone: onClose,
  });
  return (
    <FormDialog
      title={`Edit “${token.name}”`}
      action="Save"
      disabled={form.name.trim() === ''}
      form={update}
      onSubmit={() =>
        update.submit({ input: changesOf(token, form) }, `“${form.name}” saved. Its secret stays the same.`)
      }
      onClose={onClose}
    >
      <NamingFields value={form} errors={update.errors} onChange={setForm} />
      {token.kind === 'PERSONAL' && (
        <ChoiceField
          label="Access"
          choices={ACCESS_CHOICES}
          value={form.access}
          error={update.errors.access}
          onChange={(access) => setForm({ ...form, access })}
        />
      )}
      {form.access === 'FULL' && token.access !== 'FULL' && <Warning>{FULL_ACCESS_WARNING}</Warning>}
      {token.access === 'SCOPED' && form.access !== 'SCOPED' && (
        <Warning>This deletes all scopes of the token.</Warning>
      )}
      {form.role && (
        <RoleField
          error={update.errors.role}
          roles={rolesUpTo(token.workspace?.viewerRole)}
          value={form.role}
          onChange={(role) => setForm({ ...form, role })}
        />
      )}
      <LimitsFields
        value={form.limits}
        errors={update.errors}
        onChange={(limits) => setForm({ ...form, limits, renewsLimits: true })}
      />
      {form.renewsLimits && form.limits.uses && (
        <p className="field-hint">Saving gives the token all {form.limits.uses} uses again.</p>
      )}
    </FormDialog>
  );
}
