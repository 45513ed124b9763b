import { useConnection } from '../api/api-provider.tsx';
import { describeError } from '../api/errors.ts';
import { Button } from '../components/button.tsx';
import { WarningIcon } from '../components/icons.tsx';
import './connection-bar.css';

/** Returns the problem of the connection and the action that fixes it; `null` if there is none. */
function useTrouble() {
  const { person, session, outdated, retrying, retry, ask } = useConnection();
  if (session === 'replaced') {
    return {
      text: `Someone else signed in. This page still shows what ${person?.name ?? 'the previous user'} saw, and can't change anything.`,
      action: 'Reload',
      act: () => window.location.reload(),
    };
  }
  if (session === 'ended') {
    return { text: 'Your session ended.', action: 'Sign in', act: () => ask(true) };
  }
  if (!outdated) return null;
  return {
    text: `This page may be out of date. ${describeError(outdated)}`,
    action: 'Try again',
    act: retry,
    busy: retrying,
  };
}

/** Shows a problem of the connection above the page; the page itself does not change. */
export function ConnectionBar() {
  const trouble = useTrouble();
  return (
    <div className="connection" role="alert">
      {trouble && (
        <div className="connection-bar">
          <WarningIcon />
          <p>{trouble.text}</p>
          <Button small busy={trouble.busy ?? false} onClick={trouble.act}>
            {trouble.action}
          </Button>
        </div>
      )}
    </div>
  );
}
