import type { Role } from '../generated/hooks.ts';
import { ROLE_DESCRIPTIONS, ROLE_NAMES } from '../labels.ts';
import { SelectField } from './field.tsx';

/** Selects one of the roles that the user can grant, and explains it. */
export function RoleField({
  roles,
  value,
  error,
  onChange,
}: {
  roles: readonly Role[];
  value: Role;
  error?: string | undefined;
  onChange: (role: Role) => void;
}) {
  return (
    <SelectField
      label="Role"
      value={value}
      error={error}
      onChange={(event) => onChange(event.target.value as Role)}
      hint={ROLE_DESCRIPTIONS[value]}
    >
      {roles.map((role) => (
        <option key={role} value={role}>
          {ROLE_NAMES[role]}
        </option>
      ))}
    </SelectField>
  );
}
