import { useState } from 'react';
import { useSearch } from 'wouter';
import { ChoiceField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDraft } from '../drafts/use-draft.ts';
import { type TokenAccess, useCreateTokenMutation } from '../generated/hooks.ts';
import { describeAbility } from '../scopes/describe-access.ts';
import { QueryField } from '../scopes/query-field.tsx';
import {
  emptyDraft,
  errorsOfScope,
  missingInScopes,
  type ScopeDraft,
  scopePaths,
  toAbilityScope,
  toScopeInput,
} from '../scopes/scope-draft.ts';
import { ScopesField } from '../scopes/scope-editor.tsx';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { STARTING_POINTS } from '../scopes/starting-points.ts';
import { type ChosenStart, StartingPointsField } from '../scopes/starting-points-field.tsx';
import { useScopeTargets } from '../scopes/use-scope-targets.ts';
import { useMaxLifetime } from '../session/session-gate.tsx';
import { ACCESS_CHOICES, FULL_ACCESS_WARNING } from '../tokens/access-choices.ts';
import { type ExpiryBounds, expiryOf, personalBounds } from '../tokens/expiry.ts';
import { COMMON_FIELDS, type CommonValue, emptyValue, TokenForm } from '../tokens/token-form.tsx';
import { isTokenLink, readTokenLink } from './token-link.ts';
import { OfferNotice, useDuplicate } from './token-offer.tsx';

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

/** Returns what a link, or a token to duplicate, proposes for the form; `null` if nothing does. */
function useOffer(targets: ScopeTargets | undefined, bounds: ExpiryBounds) {
  const search = useSearch();
  const duplicate = useDuplicate<Value>(targets, bounds, ({ kind, access }) =>
    kind === 'PERSONAL' ? { access } : null,
  );
  if (duplicate) return duplicate;
  return targets && isTokenLink(search) ? readTokenLink(search, targets, bounds, Date.now()) : null;
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
  const offer = useOffer(targets, bounds);
  // Each edit makes a new draft object, so the errors of a scope disappear when the user edits it.
  const [sent, setSent] = useState<readonly ScopeDraft[]>([]);
  const form = useSubmit(useCreateTokenMutation(), {
    fields: [...COMMON_FIELDS, 'access', 'scopes', ...sent.flatMap((_, index) => scopePaths(index))],
  });
  const { value } = draft;
  const { access, scopes } = value;
  return (
    <Page title="New access token" lead="Choose a clear name and only the permissions it needs." narrow>
      <TokenForm
        bounds={bounds}
        listPath="/tokens"
        notice={<OfferNotice offer={offer} draft={draft} path="/tokens/new" />}
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
            onChange={(start) =>
              draft.change({ start, ...STARTING_POINTS[start.name].grant(start.workspaceId) })
            }
          />
        )}
        {targets && (
          <QueryField
            targets={targets}
            onFill={(filled) => draft.change({ access: 'SCOPED', scopes: filled, start: null })}
          />
        )}
        <ChoiceField
          label="Access"
          choices={ACCESS_CHOICES}
          value={access}
          error={form.errors.access}
          onChange={(chosen) =>
            draft.change({ access: chosen, start: null, scopes: scopes.length > 0 ? scopes : [emptyDraft()] })
          }
        />
        {access === 'FULL' && <Warning>{FULL_ACCESS_WARNING}</Warning>}
        {access === 'SCOPED' && (
          <ScopesField
            targets={targets}
            drafts={scopes}
            error={form.errors.scopes}
            errorsOf={(each) => errorsOfScope(form.errors, sent.indexOf(each))}
            onChange={(changed) => draft.change({ scopes: changed, start: null })}
          />
        )}
      </TokenForm>
    </Page>
  );
}
