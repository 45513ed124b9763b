import { type FormEvent, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { DAY, parseDuration } from '../../../src/domain/duration.ts';
import { ROLES } from '../../../src/domain/roles.ts';
import { isLostAccess } from '../api/errors.ts';
import { describeFormError } from '../api/form-errors.ts';
import { Button } from '../components/button.tsx';
import { Checkbox, FieldGroup, TextField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import { Problem, Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type PolicyPartsFragment,
  type Role,
  TokenPolicyImpactDocument,
  type TokenPolicyImpactQuery,
  useUpdateTokenPolicyMutation,
} from '../generated/hooks.ts';
import { ROLE_NAMES } from '../labels.ts';
import { refusalByRole } from '../roles.ts';
import { isHarmless, type PolicyImpact, PolicyImpactDialog } from './policy-impact-dialog.tsx';
import './policy-tab.css';
import type { Workspace } from './workspace.ts';

/** Returns a limit in days, in the format of a number input; an empty string if there is no limit. */
function daysOf(limit: string | null): string {
  return limit === null ? '' : String(Math.max(1, Math.floor(parseDuration(limit, []) / DAY)));
}

/** Returns a limit as the user set it. An unchanged one is sent back unchanged: it can be more precise than whole days. */
function limitFrom(days: string, limit: string | null): string | null {
  if (days === daysOf(limit)) return limit;
  return days === '' ? null : `P${days}D`;
}

function usePolicyForm(policy: PolicyPartsFragment) {
  const [allowed, setAllowed] = useState(policy.personalTokens === 'ALLOWED');
  const [days, setDays] = useState(daysOf(policy.maxLifetime));
  const [seenDays, setSeenDays] = useState(daysOf(policy.ownerSeenWithin));
  const [requireExpiry, setRequireExpiry] = useState(policy.requireExpiry);
  const [tokenRoles, setTokenRoles] = useState<readonly Role[]>(policy.tokenRoles);
  const input = {
    personalTokens: allowed ? ('ALLOWED' as const) : ('FORBIDDEN' as const),
    maxLifetime: limitFrom(days, policy.maxLifetime),
    ownerSeenWithin: limitFrom(seenDays, policy.ownerSeenWithin),
    requireExpiry,
    tokenRoles: [...tokenRoles],
  };
  return {
    allowed,
    setAllowed,
    days,
    setDays,
    seenDays,
    setSeenDays,
    requireExpiry,
    setRequireExpiry,
    tokenRoles,
    setTokenRoles,
    input,
  };
}

const FIELDS = ['maxLifetime', 'ownerSeenWithin', 'tokenRoles'] as const;

/** Saves a policy. Asks first if it cuts off tokens. */
function useSavePolicy(workspaceId: string, input: ReturnType<typeof usePolicyForm>['input']) {
  const client = useClient();
  const [check, setCheck] = useState<{ busy: boolean; error?: CombinedError | undefined }>({ busy: false });
  const [impact, setImpact] = useState<PolicyImpact | null>(null);
  const saving = useSubmit(useUpdateTokenPolicyMutation(), {
    fields: FIELDS,
    onDone: () => setImpact(null),
  });
  const save = () => void saving.submit({ input: { workspaceId, ...input } }, 'Token policy saved');

  async function checkAndSave(): Promise<void> {
    setCheck({ busy: true });
    const { personalTokens, maxLifetime, ownerSeenWithin } = input;
    const variables = { id: workspaceId, personalTokens, maxLifetime, ownerSeenWithin };
    const { data, error: failure } = await client
      .query<TokenPolicyImpactQuery>(TokenPolicyImpactDocument, variables, { requestPolicy: 'network-only' })
      .toPromise();
    // The form says what happened to the user's role if the change itself is refused.
    const error = failure && isLostAccess(failure) ? undefined : failure;
    setCheck({ busy: false, error });
    const found = failure ? null : data?.workspace?.tokenPolicyImpact;
    if (found && !isHarmless(found)) setImpact(found);
    else if (!error) save();
  }

  const checked = describeFormError(check.error, FIELDS);
  return {
    busy: check.busy || saving.busy,
    problem: checked.problem ?? saving.problem,
    errors: { ...saving.errors, ...checked.errors },
    checkAndSave,
    dialog: impact && (
      <PolicyImpactDialog impact={impact} form={saving} onSubmit={save} onClose={() => setImpact(null)} />
    ),
  };
}

/** The token policy of a workspace. */
export function PolicyTab({ workspace }: { workspace: Workspace }) {
  const form = usePolicyForm(workspace.tokenPolicy);
  const { busy, problem, errors, checkAndSave, dialog } = useSavePolicy(workspace.id, form.input);
  const refusal = refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');

  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    if (!busy) void checkAndSave();
  }

  return (
    <Section
      title="Token policy"
      lead="Rules for every token that uses this workspace, including existing ones. No tokens are deleted."
    >
      {refusal && <p className="muted">{refusal}.</p>}
      <form onSubmit={handleSubmit}>
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
            error={errors.maxLifetime}
            hint="Longer-lived tokens have no access here. Leave empty for no limit."
            type="number"
            min={1}
            max={36500}
            value={form.days}
            onChange={(event) => form.setDays(event.target.value)}
          />
          <TextField
            label="Days since the owner's last sign-in"
            error={errors.ownerSeenWithin}
            hint="Personal tokens have no access here once their owner has not signed in for so long. Leave empty for no limit."
            type="number"
            min={1}
            max={36500}
            value={form.seenDays}
            onChange={(event) => form.setSeenDays(event.target.value)}
          />
          <Checkbox
            label="Workspace tokens must expire"
            checked={form.requireExpiry}
            onChange={(event) => form.setRequireExpiry(event.target.checked)}
          />
          <FieldGroup label="Roles that a workspace token can have" error={errors.tokenRoles}>
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
          </FieldGroup>
          {problem && <Problem>{problem}</Problem>}
          {!refusal && (
            <Button type="submit" variant="primary" busy={busy}>
              Save policy
            </Button>
          )}
        </fieldset>
      </form>
      {dialog}
    </Section>
  );
}
