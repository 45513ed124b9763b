import { type FormEvent, useState } from 'react';
import { DAY, parseDuration } from '../../../src/domain/duration.ts';
import { ROLES } from '../../../src/domain/roles.ts';
import { describeFormError } from '../api/errors.ts';
import { useAnnounce } from '../components/announcer.tsx';
import { Button } from '../components/button.tsx';
import { Checkbox, TextField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import { Problem, Warning } from '../components/states.tsx';
import { type PolicyPartsFragment, type Role, useUpdateTokenPolicyMutation } from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole } from '../roles.ts';
import './policy-tab.css';
import type { Workspace } from './workspace.ts';

/** Returns the maximum lifetime in days, in the format of a number input; an empty string if there is no limit. */
function daysOf({ maxLifetime }: PolicyPartsFragment): string {
  return maxLifetime === null ? '' : String(Math.max(1, Math.floor(parseDuration(maxLifetime, []) / DAY)));
}

function usePolicyForm(policy: PolicyPartsFragment) {
  const [allowed, setAllowed] = useState(policy.personalTokens === 'ALLOWED');
  const [days, setDays] = useState(daysOf(policy));
  const [requireExpiry, setRequireExpiry] = useState(policy.requireExpiry);
  const [tokenRoles, setTokenRoles] = useState<readonly Role[]>(policy.tokenRoles);
  const input = {
    personalTokens: allowed ? ('ALLOWED' as const) : ('FORBIDDEN' as const),
    // An unchanged value is sent back as it is: it can be more precise than days.
    maxLifetime: days === daysOf(policy) ? policy.maxLifetime : days === '' ? null : `P${days}D`,
    requireExpiry,
    tokenRoles: [...tokenRoles],
  };
  return {
    allowed,
    setAllowed,
    days,
    setDays,
    requireExpiry,
    setRequireExpiry,
    tokenRoles,
    setTokenRoles,
    input,
  };
}

/** The token policy of a workspace. */
export function PolicyTab({ workspace }: { workspace: Workspace }) {
  const announce = useAnnounce();
  const form = usePolicyForm(workspace.tokenPolicy);
  const [{ fetching, error }, update] = useUpdateTokenPolicyMutation();
  const errors = describeFormError(error, ['maxLifetime']);
  const refusal = refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');

  async function submit(event: FormEvent) {
    event.preventDefault();
    const result = await update({ input: { workspaceId: workspace.id, ...form.input } });
    if (!result.error) announce('Token policy saved');
  }

  return (
    <Section
      title="Token policy"
      lead="Rules for every token that uses this workspace, including existing ones. No tokens are deleted."
    >
      {refusal && <p className="muted">{refusal}.</p>}
      <form onSubmit={submit}>
        <fieldset className="policy" disabled={refusal !== null}>
          <Checkbox
            label="Personal tokens can access this workspace"
            hint="When off, only signed-in people and workspace tokens can."
            checked={form.allowed}
            onChange={(event) => form.setAllowed(event.target.checked)}
          />
          {!form.allowed && workspace.tokenPolicy.personalTokens === 'ALLOWED' && (
            <Warning>All personal tokens lose access to this workspace immediately.</Warning>
          )}
          <TextField
            label="Maximum lifetime in days"
            error={errors.fields.maxLifetime}
            hint="Longer-lived tokens have no access here. Leave empty for no limit."
            type="number"
            min={1}
            max={36500}
            value={form.days}
            onChange={(event) => form.setDays(event.target.value)}
          />
          <Checkbox
            label="Workspace tokens must expire"
            checked={form.requireExpiry}
            onChange={(event) => form.setRequireExpiry(event.target.checked)}
          />
          <fieldset className="choices">
            <legend>Roles that a workspace token can have</legend>
            {ROLES.map((role) => (
              <Checkbox
                key={role}
                label={ROLE_NAMES[role]}
                checked={form.tokenRoles.includes(role)}
                onChange={({ target }) =>
                  form.setTokenRoles(
                    ROLES.filter((each) => (each === role ? target.checked : form.tokenRoles.includes(each))),
                  )
                }
              />
            ))}
          </fieldset>
          {errors.form && <Problem>{errors.form}</Problem>}
          {!refusal && (
            <Button type="submit" variant="primary" busy={fetching}>
              Save policy
            </Button>
          )}
        </fieldset>
      </form>
    </Section>
  );
}
