import { type FormEvent, useEffect, useState } from 'react';
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
import { DraftNotice } from '../drafts/draft-notice.tsx';
import { useDraft } from '../drafts/use-draft.ts';
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

/** The fields of a policy as the user edits them; limits in days. */
interface PolicyForm extends Pick<PolicyPartsFragment, 'personalTokens' | 'requireExpiry'> {
  readonly maxLifetime: string;
  readonly ownerSeenWithin: string;
  readonly tokenRoles: readonly Role[];
}

/** The fields that the user changed; `null` for those that show what is saved. */
type Edits = { readonly [Key in keyof PolicyForm]: PolicyForm[Key] | null };

const NO_EDITS: Edits = {
  personalTokens: null,
  maxLifetime: null,
  ownerSeenWithin: null,
  requireExpiry: null,
  tokenRoles: null,
};
const KEYS = Object.keys(NO_EDITS) as (keyof PolicyForm)[];

function savedForm(policy: PolicyPartsFragment): PolicyForm {
  const { maxLifetime, ownerSeenWithin } = policy;
  return { ...policy, maxLifetime: daysOf(maxLifetime), ownerSeenWithin: daysOf(ownerSeenWithin) };
}

function only<Value extends object>(value: Value, keys: readonly (keyof Value)[]): Partial<Value> {
  return Object.fromEntries(keys.map((key) => [key, value[key]])) as Partial<Value>;
}

/**
 * The content of the form. Fields that the user has not changed show what is saved, also by someone else meanwhile, and are not
 * sent: `input` is the whole policy, `changes` what the user changed.
 */
function usePolicyForm({ id, tokenPolicy }: Workspace) {
  const draft = useDraft<Edits>(`token-policy.${id}`, () => NO_EDITS);
  const edits = draft.value;
  const saved = savedForm(tokenPolicy);
  const edited = KEYS.filter((key) => edits[key] !== null);
  const form: PolicyForm = { ...saved, ...only(edits as PolicyForm, edited) };
  const input = {
    ...form,
    tokenRoles: [...form.tokenRoles],
    maxLifetime: limitFrom(form.maxLifetime, tokenPolicy.maxLifetime),
    ownerSeenWithin: limitFrom(form.ownerSeenWithin, tokenPolicy.ownerSeenWithin),
  };
  const isSaved = !draft.pristine && edited.every((key) => String(form[key]) === String(saved[key]));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the draft is a new object each time
  useEffect(() => {
    if (isSaved) draft.reset();
  }, [isSaved]);
  return { form, draft, input, changes: only(input, edited) };
}

const FIELDS = ['maxLifetime', 'ownerSeenWithin', 'tokenRoles'] as const;

/** Saves a policy. Asks first if it cuts off tokens. */
function useSavePolicy(workspaceId: string, { input, changes }: ReturnType<typeof usePolicyForm>) {
  const client = useClient();
  const [check, setCheck] = useState<{ busy: boolean; error?: CombinedError | undefined }>({ busy: false });
  const [impact, setImpact] = useState<PolicyImpact | null>(null);
  const saving = useSubmit(useUpdateTokenPolicyMutation(), {
    fields: FIELDS,
    onDone: () => setImpact(null),
  });
  const save = () => void saving.submit({ input: { workspaceId, ...changes } }, 'Token policy saved');

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
  const policy = usePolicyForm(workspace);
  const { form, draft } = policy;
  const { busy, problem, errors, checkAndSave, dialog } = useSavePolicy(workspace.id, policy);
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
          {!refusal && <DraftNotice draft={draft} />}
          <Checkbox
            label="Personal tokens can access this workspace"
            hint="When off, only signed-in people and workspace tokens can."
            checked={form.personalTokens === 'ALLOWED'}
            onChange={({ target }) =>
              draft.change({ personalTokens: target.checked ? 'ALLOWED' : 'FORBIDDEN' })
            }
          />
          {form.personalTokens === 'FORBIDDEN' && workspace.tokenPolicy.personalTokens === 'ALLOWED' && (
            <Warning>All personal tokens lose access to this workspace immediately.</Warning>
          )}
          <TextField
            label="Maximum lifetime in days"
            error={errors.maxLifetime}
            hint="Longer-lived tokens have no access here. Leave empty for no limit."
            type="number"
            min={1}
            max={36500}
            value={form.maxLifetime}
            onChange={(event) => draft.change({ maxLifetime: event.target.value })}
          />
          <TextField
            label="Days since the owner's last sign-in"
            error={errors.ownerSeenWithin}
            hint="Personal tokens have no access here once their owner has not signed in for so long. Leave empty for no limit."
            type="number"
            min={1}
            max={36500}
            value={form.ownerSeenWithin}
            onChange={(event) => draft.change({ ownerSeenWithin: event.target.value })}
          />
          <Checkbox
            label="Workspace tokens must expire"
            checked={form.requireExpiry}
            onChange={(event) => draft.change({ requireExpiry: event.target.checked })}
          />
          <FieldGroup label="Roles that a workspace token can have" error={errors.tokenRoles}>
            {ROLES.map((role) => (
              <Checkbox
                key={role}
                label={ROLE_NAMES[role]}
                checked={form.tokenRoles.includes(role)}
                onChange={({ target }) =>
                  draft.change({
                    tokenRoles: ROLES.filter((each) =>
                      each === role ? target.checked : form.tokenRoles.includes(each),
                    ),
                  })
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
