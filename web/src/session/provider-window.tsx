import { type ReactNode, useState } from 'react';
import type { TabUser } from '../api/connection.ts';
import { Button } from '../components/button.tsx';
import { FormDialog } from '../components/dialog.tsx';
import { Problem } from '../components/states.tsx';
import type { Submission } from '../components/use-submit.ts';
import { type SignInOptionsQuery, useSignInOptionsQuery } from '../generated/hooks.ts';

/** The path of the page that closes the window in which a person has signed in. */
export const CLOSING_PATH = '/signed-in';

const BLOCKED = 'Your browser blocked the window. Allow pop-up windows for this site, then try again.';

type Provider = NonNullable<SignInOptionsQuery['signInOptions']>['providers'][number];

/** Returns the providers at which a user has an identity, and a function that opens one in a window of its own. */
function useOwnProviders({ identities }: TabUser, parameters: Readonly<Record<string, string>>) {
  const [{ data }] = useSignInOptionsQuery();
  const [problem, setProblem] = useState<string | null>(null);
  const providers = (data?.signInOptions?.providers ?? []).filter(({ id }) =>
    identities?.some(({ provider }) => provider === id),
  );
  function open({ startUrl }: Provider): void {
    const address = `${startUrl}?${new URLSearchParams(parameters)}`;
    const opened = window.open(address, 'postern-provider', 'popup,width=520,height=680');
    setProblem(opened ? null : BLOCKED);
  }
  const hasNone = data !== undefined && providers.length === 0;
  return { providers, hasNone, open, problem };
}

interface ProofDialogProps {
  readonly title: string;
  readonly user: TabUser;
  /** What the user does, such as "Sign in". */
  readonly verb: string;
  /** The parameters of the sign-in at a provider. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly disabled: boolean;
  readonly form: Pick<Submission, 'busy' | 'problem'>;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  /** Why the user is asked. */
  readonly lead: ReactNode;
  /** The fields of the password. They are absent if the user has none. */
  readonly children: ReactNode;
}

/**
 * A dialog in which a user proves who they are with the password, or at a provider in a window of its own. The page below keeps
 * what was entered.
 */
export function ProofDialog({ user, verb, parameters, lead, children, ...props }: ProofDialogProps) {
  const { providers, hasNone, open, problem } = useOwnProviders(user, parameters);
  const [first, ...others] = user.hasPassword === false ? providers : [];
  const buttons = first ? others : providers;
  return (
    <FormDialog
      {...props}
      action={first ? `${verb} with ${first.label}` : verb}
      disabled={first ? false : user.hasPassword === false || props.disabled}
      onSubmit={() => (first ? open(first) : props.onSubmit())}
    >
      <p>{lead}</p>
      {user.hasPassword !== false && children}
      {buttons.map((provider) => (
        <Button key={provider.id} onClick={() => open(provider)}>
          {verb} with {provider.label}
        </Button>
      ))}
      {user.hasPassword === false && hasNone && (
        <p>Ask the operator of this server for a link to sign in, and open it in this browser.</p>
      )}
      {problem && <Problem>{problem}</Problem>}
    </FormDialog>
  );
}
