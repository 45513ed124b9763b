import { useEffect, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Button } from '../components/button.tsx';
import { Problem } from '../components/states.tsx';
import type { Draft } from '../drafts/use-draft.ts';
import { type TokenQuery, useTokenQuery } from '../generated/hooks.ts';
import { draftOf, type ScopeDraft } from '../scopes/scope-draft.ts';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { choiceOf, type ExpiryBounds } from '../tokens/expiry.ts';
import { type CommonValue, toLimitsDraft } from '../tokens/token-form.tsx';
import type { Offer } from './token-link.ts';

type Token = NonNullable<TokenQuery['token']>;

const NAME_LENGTH = 100;
const COPY = ' (copy)';

/** The values that every kind of token takes from another one. */
type CopiedValue = CommonValue & { readonly scopes: readonly ScopeDraft[] };

/** Returns the values of a token for a new one, without what the user can no longer select. */
function valuesOf(token: Token, targets: ScopeTargets, bounds: ExpiryBounds): Partial<CopiedValue> {
  const issued = Date.parse(token.regeneratedAt ?? token.createdAt);
  const days = token.expiresAt && Math.round((Date.parse(token.expiresAt) - issued) / 86_400_000);
  const expiry = days ? choiceOf(`P${days}D`, bounds, Date.now()) : null;
  return {
    name: `${[...token.name].slice(0, NAME_LENGTH - COPY.length).join('')}${COPY}`,
    description: token.description ?? '',
    limits: toLimitsDraft(token.limits),
    scopes: token.scopes.flatMap((scope) => draftOf(scope, targets) ?? []),
    ...(expiry && { expiry }),
  };
}

const GONE = ["The token to duplicate doesn't exist, or you don't have access."];

/**
 * Returns the values of the token that `?from=` names; `null` without the parameter or until they are loaded. `more` returns
 * the values that only this kind of token has, or `null` for a token of another kind or workspace.
 */
export function useDuplicate<Value extends CopiedValue>(
  targets: ScopeTargets | undefined,
  bounds: ExpiryBounds,
  more: (token: Token) => Partial<Value> | null,
): Offer<Value> | null {
  const from = new URLSearchParams(useSearch()).get('from');
  const [{ data, error }] = useTokenQuery({ variables: { id: from ?? '' }, pause: from === null });
  if (from === null || !targets || !(data || error)) return null;
  const token = data?.token;
  const own = token ? more(token) : null;
  if (!token || !own) return { values: null, problems: GONE };
  const values = { ...valuesOf(token, targets, bounds), ...own } as Partial<Value>;
  const problems = [
    ...((values.scopes?.length ?? 0) < token.scopes.length
      ? ['Scopes that you can no longer select are left out.']
      : []),
    ...(token.metadata ? ['Its metadata is left out.'] : []),
  ];
  return { values, problems };
}

/**
 * Fills a form in from an offer, and says so. If the user has entered something already, it asks first. Afterwards the address
 * bar shows the form without the offer, so that a reload keeps what the user changes.
 */
export function OfferNotice<Value extends object>({
  offer,
  draft,
  path,
}: {
  offer: Offer<Value> | null;
  draft: Draft<Value>;
  /** The path of the form without the offer. */
  path: string;
}) {
  const [, go] = useLocation();
  const [leftOut, setLeftOut] = useState<readonly string[] | null>(null);
  const values = offer?.values ?? null;

  function fill(): void {
    if (!values) return;
    draft.replace(values);
    setLeftOut(offer?.problems ?? []);
    go(path, { replace: true });
  }

  const isWanted = values !== null && draft.pristine;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the values have been loaded
  useEffect(() => {
    if (isWanted) fill();
  }, [isWanted]);

  if (offer && !values) {
    return <Problem>This link can't fill in the form. {offer.problems.join(' ')}</Problem>;
  }
  if (values && !draft.pristine) {
    return (
      <div className="draft-notice" role="status">
        <p>A link or token can fill in this form. That replaces what you have entered.</p>
        <Button small variant="primary" onClick={fill}>
          Replace
        </Button>
        <Button small variant="quiet" onClick={() => go(path, { replace: true })}>
          Keep what I entered
        </Button>
      </div>
    );
  }
  if (!leftOut) return null;
  return (
    <div className="draft-notice" role="status">
      <p>
        This form was filled in for you. Check every field before you create the token. {leftOut.join(' ')}
      </p>
    </div>
  );
}
