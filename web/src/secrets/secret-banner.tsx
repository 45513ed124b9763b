import type { ReactNode } from 'react';
import { CopyButton } from '../components/copy-button.tsx';
import { useFreshSecret } from './fresh-secret.tsx';
import './secret-banner.css';

/** The frame in which a secret is shown once. */
export function SecretBanner({
  title,
  secret,
  children,
}: {
  title: string;
  secret: string;
  children?: ReactNode;
}) {
  return (
    <section className="secret-banner" aria-label={title}>
      <h2>{title}</h2>
      <p>Copy it now: you will not see it again.</p>
      <div className="secret-line">
        <code className="secret-text">{secret}</code>
        <CopyButton text={secret} label="Copy" look="primary" />
      </div>
      {children}
    </section>
  );
}

/** A call with a secret that can be pasted into a terminal. */
function curlFor(secret: string, origin: string): string {
  return [
    `curl ${origin}/graphql`,
    `-H 'Authorization: Bearer ${secret}'`,
    `-H 'Content-Type: application/json'`,
    `-d '{"query":"{ viewer { token { name status } } }"}'`,
  ].join(' \\\n  ');
}

const TITLES = { created: 'Your new token', regenerated: 'Your new secret' } as const;

/** The secret of a token that was issued a moment ago; gone after a reload, and once its page is left. */
export function FreshSecretBanner({ tokenId }: { tokenId: string }) {
  const { fresh } = useFreshSecret();
  if (fresh?.tokenId !== tokenId) return null;
  const curl = curlFor(fresh.secret, window.location.origin);
  return (
    <SecretBanner title={TITLES[fresh.event]} secret={fresh.secret}>
      <div className="secret-line">
        <pre className="secret-text">{curl}</pre>
        <CopyButton text={curl} label="Copy curl" />
      </div>
    </SecretBanner>
  );
}
