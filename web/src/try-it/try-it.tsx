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

/** Asks for the secret of a token, or offers the one that was just issued. */
function SecretForm({ offered, onAsk }: { offered: string | null; onAsk: (secret: string) => void }) {
  const [typed, setTyped] = useState('');
  function ask(event: FormEvent) {
    event.preventDefault();
    onAsk(typed.trim());
    setTyped('');
  }
  if (offered) return <Button onClick={() => onAsk(offered)}>Check the new secret</Button>;
  return (
    <form className="try-it-form" onSubmit={ask}>
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

/** Shows what a token can do. It checks with the token itself, and only on request: a check is a use, which ends an overlap. */
export function TryIt({ token }: { token: Pick<TokenRowFragment, 'id'> }) {
  const { fresh } = useFreshSecrets();
  const [secret, setSecret] = useState<string | null>(null);
  const issued = fresh.find((each) => each.kind === 'token' && each.tokenId === token.id)?.secret ?? null;
  const offered = issued === secret ? null : issued;
  const client = useMemo(() => (secret ? createTokenClient(secret) : null), [secret]);
  return (
    <Section
      title="Try it"
      lead="The server checks what this secret is allowed to do. The secret is sent only to this server and is not stored."
    >
      <div className="try-it">
        <div className="try-it-ask">
          {client ? (
            <Provider value={client}>
              <AbilitiesTable tokenId={token.id} />
            </Provider>
          ) : (
            <p className="muted">
              See what the token can do right now. A check counts as a use of the token and ends an overlap.
            </p>
          )}
          <SecretForm offered={offered} onAsk={setSecret} />
        </div>
        <CodeSamples />
      </div>
    </Section>
  );
}
