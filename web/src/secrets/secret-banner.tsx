import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from '../components/button.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { type FreshSecret, useFreshSecrets } from './fresh-secret.tsx';
import './secret-banner.css';

/** Shows a secret. It takes the focus, so that the page scrolls to it. */
function SecretBanner({
  title,
  secret,
  onDismiss,
  children,
}: {
  title: string;
  secret: string;
  onDismiss: () => void;
  children: ReactNode;
}) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => ref.current?.focus(), []);
  return (
    <section ref={ref} tabIndex={-1} className="secret-banner" aria-label={title}>
      <h2>{title}</h2>
      <p>Copy it now. You won't be able to see it again.</p>
      <div className="secret-line">
        <code className="secret-text">{secret}</code>
        <CopyButton text={secret} label="Copy" variant="primary" />
      </div>
      {children}
      <div>
        <Button small onClick={onDismiss}>
          I saved it
        </Button>
      </div>
    </section>
  );
}

/** Returns a curl command that uses the secret. */
function curlFor(secret: string, origin: string): string {
  return [
    `curl ${origin}/graphql`,
    `-H 'Authorization: Bearer ${secret}'`,
    `-H 'Content-Type: application/json'`,
    `-d '{"query":"{ viewer { token { name status } } }"}'`,
  ].join(' \\\n  ');
}

function titleOf(fresh: FreshSecret): string {
  if (fresh.kind === 'invitation') return `Invitation for ${fresh.email}`;
  return fresh.event === 'created' ? 'Your new token' : 'Your new secret';
}

/** How to use a secret. */
function Usage({ fresh }: { fresh: FreshSecret }) {
  const { origin } = window.location;
  if (fresh.kind === 'invitation') {
    return (
      <p>
        Send it to {fresh.email}. They can accept it at <code>{origin}/invitation</code>.
      </p>
    );
  }
  const curl = curlFor(fresh.secret, origin);
  return (
    <div className="secret-line">
      <pre className="secret-text">{curl}</pre>
      <CopyButton text={curl} label="Copy curl" />
    </div>
  );
}

/** The secrets that were just issued; each is shown only once. */
export function FreshSecretBanners() {
  const { fresh, dismiss } = useFreshSecrets();
  if (fresh.length === 0) return null;
  return (
    <div className="secret-banners">
      {fresh.map((each) => (
        <SecretBanner
          key={each.secret}
          title={titleOf(each)}
          secret={each.secret}
          onDismiss={() => dismiss(each)}
        >
          <Usage fresh={each} />
        </SecretBanner>
      ))}
    </div>
  );
}
