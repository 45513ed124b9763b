import { useConnection } from '../api/api-provider.tsx';
import { describeError } from '../api/errors.ts';
import { Button } from '../components/button.tsx';
import { WarningIcon } from '../components/icons.tsx';
import './connection-bar.css';

/** Returns the problem of the connection and the action that fixes it; `null` if there is none. */
function useConnectionProblem() {
  const { user, session, outdated, retrying, retry, prompt } = useConnection();
  if (session === 'replaced') {
    return {
      text: `Someone else signed in. This page still shows what ${user?.name ?? 'the previous user'} saw, and can't change anything.`,
      action: 'Reload',
      act: () => window.location.reload(),
    };
  }
  if (session === 'ended') {
    return { text: 'Your session ended.', action: 'Sign in', act: () => prompt(true) };
  }
  if (!outdated) return null;
  return {
    text: `This page may be out of date. ${describeError(outdated)}`,
    action: 'Try again',
    act: retry,
    busy: retrying,
  };
}

/** Shows a problem of the connection above the page. The page itself does not change. */
export function ConnectionBar() {
  const problem = useConnectionProblem();
  return (
    <div className="connection" role="alert">
      {problem && (
        <div className="connection-bar">
          <WarningIcon />
          <p>{problem.text}</p>
          <Button small busy={problem.busy ?? false} onClick={problem.act}>
            {problem.action}
          </Button>
        </div>
      )}
    </div>
  );
}
