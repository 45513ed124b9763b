import { type FormEvent, useMemo, useState } from 'react';
import { Provider } from 'urql';
import { createTokenClient } from '../api/client.ts';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Section } from '../components/page.tsx';
import type { TokenRowFragment } from '../generated/hooks.ts';
import { useFreshSecret } from '../secrets/fresh-secret.tsx';
import { AbilitiesTable } from './abilities-table.tsx';
import { CodeSamples } from './code-samples.tsx';
import './try-it.css';

/** What a token can do, asked with the token itself, and how to call with it. */
export function TryIt({ token }: { token: Pick<TokenRowFragment, 'id'> }) {
  const { fresh } = useFreshSecret();
  const [typed, setTyped] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const asking = secret ?? (fresh?.tokenId === token.id ? fresh.secret : null);
  const client = useMemo(() => (asking ? createTokenClient(asking) : null), [asking]);

  function ask(event: FormEvent) {
    event.preventDefault();
    setSecret(typed.trim());
    setTyped('');
  }

  return (
    <Section
      title="Try it"
      lead="The server answers as it would answer the token itself. Its secret stays on this page and goes nowhere but to this server."
    >
      <div className="try-it">
        <div className="try-it-ask">
          {client ? (
            <Provider value={client}>
              <AbilitiesTable tokenId={token.id} />
            </Provider>
          ) : (
            <p className="muted">Paste the secret of this token to see what it can do right now.</p>
          )}
          <form className="try-it-form" onSubmit={ask}>
            <TextField
              label="Secret"
              type="password"
              autoComplete="off"
              spellCheck={false}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
            <Button type="submit" disabled={typed.trim() === ''}>
              Ask
            </Button>
          </form>
        </div>
        <CodeSamples />
      </div>
    </Section>
  );
}
