import { useState } from 'react';
import { ChoiceField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDraft } from '../drafts/use-draft.ts';
import { type TokenAccess, useCreateTokenMutation } from '../generated/hooks.ts';
import { describeAbility } from '../scopes/describe-access.ts';
import {
  emptyDraft,
  errorsOfScope,
  missingInScopes,
  type ScopeDraft,
  type ScopeTargets,
  scopePaths,
  toAbilityScope,
  toScopeInput,
} from '../scopes/scope-draft.ts';
import { ScopesField } from '../scopes/scope-editor.tsx';
import { STARTING_POINTS } from '../scopes/starting-points.ts';
import { type ChosenStart, StartingPointsField } from '../scopes/starting-points-field.tsx';
import { useScopeTargets } from '../scopes/use-scope-targets.ts';
import { useMaxLifetime } from '../session/session-gate.tsx';
import { ACCESS_CHOICES, FULL_ACCESS_WARNING } from './access-choices.ts';
import { expiryOf, personalBounds } from './expiry.ts';
import { COMMON_FIELDS, type CommonValue, emptyValue, TokenForm } from './token-form.tsx';

interface Value extends CommonValue {
  readonly start: ChosenStart | null;
  /** `null` until the user chooses. */
  readonly access: TokenAccess | null;
  readonly scopes: readonly ScopeDraft[];
}

/** Returns what the user still has to choose; `null` if the access is complete. */
function missingIn({ access, scopes }: Value): string | null {
  if (access === null) return 'Choose what the token can do.';
  return access === 'SCOPED' ? missingInScopes(scopes) : null;
}

/** Returns a sentence with what the token will be able to do; `null` while that is undecided. */
function summaryOf(value: Value, targets: ScopeTargets | undefined): string | null {
  if (!targets || value.access === null || missingIn(value)) return null;
  const scopes = value.scopes.map(toAbilityScope);
  return describeAbility({ access: value.access, scopes }, targets, expiryOf(value.expiry, Date.now()));
}

/** Creates a personal token. Its secret is shown on the token's page. */
export default function NewTokenPage() {
  const bounds = personalBounds(useMaxLifetime());
  const draft = useDraft<Value>('new-token', () => ({
    ...emptyValue(bounds),
    start: null,
    access: null,
    scopes: [emptyDraft()],
  }));
  const { targets, error, reload } = useScopeTargets();
  // Each edit makes a new draft object, so the errors of a scope disappear when the user edits it.
  const [sent, setSent] = useState<readonly ScopeDraft[]>([]);
  const form = useSubmit(useCreateTokenMutation(), {
    fields: [...COMMON_FIELDS, 'access', 'scopes', ...sent.flatMap((_, index) => scopePaths(index))],
  });
  const { value } = draft;
  const { access, scopes } = value;
  const set = (change: Partial<Value>) => draft.set({ ...value, ...change });
  return (
    <Page title="New access token" lead="Choose a clear name and only the permissions it needs." narrow>
      <TokenForm
        bounds={bounds}
        listPath="/tokens"
        draft={draft}
        form={form}
        missing={missingIn(value)}
        summary={summaryOf(value, targets)}
        onSubmit={async (fields) => {
          if (access === null) return null;
          setSent(scopes);
          const input = {
            ...fields,
            access,
            scopes: access === 'SCOPED' ? scopes.map(toScopeInput) : null,
          };
          return (await form.submit({ input }))?.createToken;
        }}
      >
        {error && <Failure error={error} onRetry={reload} />}
        {targets && (
          <StartingPointsField
            targets={targets}
            value={value.start}
            onChange={(start) => set({ start, ...STARTING_POINTS[start.name].grant(start.workspaceId) })}
          />
        )}
        <ChoiceField
          label="Access"
          choices={ACCESS_CHOICES}
          value={access}
          error={form.errors.access}
          onChange={(chosen) =>
            set({ access: chosen, start: null, scopes: scopes.length > 0 ? scopes : [emptyDraft()] })
          }
        />
        {access === 'FULL' && <Warning>{FULL_ACCESS_WARNING}</Warning>}
        {access === 'SCOPED' && (
          <ScopesField
            targets={targets}
            drafts={scopes}
            error={form.errors.scopes}
            errorsOf={(each) => errorsOfScope(form.errors, sent.indexOf(each))}
            onChange={(changed) => set({ scopes: changed, start: null })}
          />
        )}
      </TokenForm>
    </Page>
  );
}
