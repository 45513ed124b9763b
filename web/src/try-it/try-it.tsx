import { type FormEvent, useMemo, useState } from 'react';
import { Provider } from 'urql';
import { createTokenClient } from '../api/client.ts';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import type { TokenRowFragment } from '../generated/hooks.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { AbilitiesTable } from './abilities-table.tsx';
import { CodeSamples } from './code-samples.tsx';
import './try-it.css';

/** A field for the secret of a token, or a button that uses the secret that was just issued. */
function SecretForm({ offered, onCheck }: { offered: string | null; onCheck: (secret: string) => void }) {
  const [typed, setTyped] = useState('');
  function handleSubmit(event: FormEvent) {
    event.preventDefault();
    onCheck(typed.trim());
    setTyped('');
  }
  if (offered) return <Button onClick={() => onCheck(offered)}>Check the new secret</Button>;
  return (
    <form className="try-it-form" onSubmit={handleSubmit}>
      <TextField
        label="Secret"
        type="password"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <Button type="submit" disabled={typed.trim() === ''}>
        Check
      </Button>
    </form>
  );
}

/** Shows what a token can do. It checks with the token itself, and only on request, because a check ends an overlap. */
export function TryIt({ token }: { token: Pick<TokenRowFragment, 'id'> }) {
  const { fresh } = useFreshSecrets();
  const [secret, setSecret] = useState<string | null>(null);
  const issued = fresh.find((each) => each.kind === 'token' && each.tokenId === token.id)?.secret ?? null;
  const offered = issued === secret ? null : issued;
  const client = useMemo(() => (secret ? createTokenClient(secret) : null), [secret]);
  return (
    <Section
      title="Try it"
      lead="Enter the secret to see what the token can do now. It is sent only to this server and is not stored."
    >
      <div className="try-it">
        <div className="try-it-check">
          {client ? (
            <Provider value={client}>
              <AbilitiesTable tokenId={token.id} />
            </Provider>
          ) : (
            <p className="muted">A check counts as a use of the token and ends an overlap.</p>
          )}
          <SecretForm offered={offered} onCheck={setSecret} />
        </div>
        <CodeSamples />
      </div>
    </Section>
  );
}
