import { useLocation } from 'wouter';
import { Button } from '../components/button.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { type FreshSecret, pageOf, textOf, useFreshSecrets } from './fresh-secret.tsx';

function Question({ fresh }: { fresh: FreshSecret }) {
  const { markCopied, dismiss } = useFreshSecrets();
  const [, go] = useLocation();
  const back = () => go(pageOf(fresh) ?? '/tokens');
  return (
    <Dialog title="You haven't copied the secret" onClose={back}>
      <div className="dialog-text">
        <p>
          {fresh.kind === 'token'
            ? `The secret of “${fresh.name}” can't be shown again. Without it, the token can't be used until you regenerate it.`
            : `The invitation for ${fresh.email} can't be shown again.`}
        </p>
        <div className="dialog-actions">
          <Button variant="danger-quiet" onClick={() => dismiss(fresh)}>
            Discard it
          </Button>
          <Button onClick={back}>Go back</Button>
          <CopyButton
            text={textOf(fresh)}
            label="Copy"
            variant="primary"
            large
            onCopied={() => markCopied(fresh)}
          />
        </div>
      </div>
    </Dialog>
  );
}

/** Asks about a secret whose page the user left without copying it. */
export function LeftSecretDialog() {
  const [fresh] = useFreshSecrets().left;
  return fresh ? <Question key={fresh.secret} fresh={fresh} /> : null;
}
