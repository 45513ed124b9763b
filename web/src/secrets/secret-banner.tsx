import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button } from '../components/button.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import { COPIES, maskSecret } from './copies.ts';
import { type FreshSecret, textOf, useFreshSecrets } from './fresh-secret.tsx';
import './secret-banner.css';

/** A secret, hidden until the user reveals it. Copying works in both states. */
function SecretLine({ secret, onCopied }: { secret: string; onCopied: () => void }) {
  const [revealed, setRevealed] = useState(false);
  return (
    <div className="secret-line">
      <code className="secret-text" aria-hidden={!revealed} onCopy={revealed ? onCopied : undefined}>
        {revealed ? secret : maskSecret(secret)}
      </code>
      <div className="secret-actions">
        <Button small aria-pressed={revealed} onClick={() => setRevealed(!revealed)}>
          {revealed ? 'Hide' : 'Reveal'}
        </Button>
        <CopyButton text={secret} label="Copy" variant="primary" onCopied={onCopied} />
      </div>
    </div>
  );
}

/** Shows a secret. It takes the focus, so that the page scrolls to it. */
function SecretBanner({ fresh, children }: { fresh: FreshSecret; children: ReactNode }) {
  const { markCopied, dismiss } = useFreshSecrets();
  const ref = useRef<HTMLElement>(null);
  useEffect(() => ref.current?.focus(), []);
  const title = titleOf(fresh);
  return (
    <section ref={ref} tabIndex={-1} className="secret-banner" aria-label={title}>
      <h2>{title}</h2>
      <p>Copy it now. You won't be able to see it again.</p>
      <SecretLine secret={textOf(fresh)} onCopied={() => markCopied(fresh)} />
      {children}
      <div>
        <Button small onClick={() => dismiss(fresh)}>
          I saved it
        </Button>
      </div>
    </section>
  );
}

function titleOf(fresh: FreshSecret): string {
  if (fresh.kind === 'invitation') return `Invitation for ${fresh.email}`;
  return fresh.event === 'created' ? 'Your new token' : 'Your new secret';
}

/** How to use a secret. */
function Usage({ fresh }: { fresh: FreshSecret }) {
  const { markCopied } = useFreshSecrets();
  const { origin } = window.location;
  if (fresh.kind === 'invitation') {
    return (
      <p>
        Send this link to {fresh.email}. It opens a page on which they join, with their account or a new one.
      </p>
    );
  }
  return (
    <div className="secret-copies">
      <span className="muted small">Copy as</span>
      {COPIES.map(({ title, text }) => (
        <CopyButton
          key={title}
          text={text(fresh.secret, origin)}
          label={title}
          onCopied={() => markCopied(fresh)}
        />
      ))}
    </div>
  );
}

/** The secrets that were just issued; each is shown only once. */
export function FreshSecretBanners() {
  const { fresh } = useFreshSecrets();
  if (fresh.length === 0) return null;
  return (
    <div className="secret-banners">
      {fresh.map((each) => (
        <SecretBanner key={each.secret} fresh={each}>
          <Usage fresh={each} />
        </SecretBanner>
      ))}
    </div>
  );
}
