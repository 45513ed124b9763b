import { useState } from 'react';
import { describeCode } from '../api/errors.ts';

/** The messages of the errors that a provider's endpoints leave in the address. */
const PROBLEMS: Readonly<Record<string, string>> = {
  ACCESS_DENIED: 'Your provider did not let you sign in here.',
  PROVIDER_UNAVAILABLE: "Your provider can't be reached. Try again in a moment.",
  PROVIDER_FAILED: 'Your provider sent something that is not valid. Ask the operator of this server.',
  SIGN_IN_EXPIRED: 'This sign-in has expired or began in another browser. Try again.',
  SESSION_REQUIRED: 'Sign in first.',
  UNKNOWN_INTENT: 'The link that led here is not valid. Try again.',
};

/** How a sign-in at a provider ended, as the fragment of the sign-in page's address says. */
export interface ProviderOutcome {
  readonly intent: string | null;
  /** Names the sign-in that is to be finished; `null` if it failed. */
  readonly state: string | null;
  readonly provider: string | null;
  /** The address of the person at the provider, or else their subject. */
  readonly identity: string | null;
  /** Why it failed. */
  readonly problem: string | null;
}

function readFragment(): ProviderOutcome {
  const fragment = new URLSearchParams(window.location.hash.slice(1));
  const error = fragment.get('error');
  return {
    intent: fragment.get('intent'),
    state: fragment.get('state'),
    provider: fragment.get('provider'),
    identity: fragment.get('identity'),
    problem: error && (PROBLEMS[error] ?? describeCode(error) ?? 'The sign-in failed. Try again.'),
  };
}

/** Returns the outcome in the address with which the page was opened. */
export function useProviderOutcome(): ProviderOutcome {
  const [outcome] = useState(readFragment);
  return outcome;
}
