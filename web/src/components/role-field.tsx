import type { Role } from '../generated/hooks.ts';
import { ROLE_MEANINGS, ROLE_NAMES } from '../labels.ts';
import { SelectField } from './field.tsx';

/** One of the roles that may be given, and what it means. */
export function RoleField({
  roles,
  value,
  onChange,
}: {
  roles: readonly Role[];
  value: Role;
  onChange: (role: Role) => void;
}) {
  return (
    <SelectField
      label="Role"
      value={value}
      onChange={(event) => onChange(event.target.value as Role)}
      hint={`${ROLE_NAMES[value]}: ${ROLE_MEANINGS[value]}.`}
    >
      {roles.map((role) => (
        <option key={role} value={role}>
          {ROLE_NAMES[role]}
        </option>
      ))}
    </SelectField>
  );
}
