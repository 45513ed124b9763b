import { Section } from '../components/page.tsx';
import type { TokenRowFragment } from '../generated/hooks.ts';
import { AbilitiesTable } from './abilities-table.tsx';
import { CodeSamples } from './code-samples.tsx';
import './token-abilities.css';

/** What a token can do now, and how to call the API with it. */
export function TokenAbilities({ token }: { token: Pick<TokenRowFragment, 'id'> }) {
  return (
    <div className="abilities-and-samples">
      <Section
        title="What it can do now"
        lead="Your permissions and workspace policies count. Looking is not a use of the token."
      >
        <AbilitiesTable tokenId={token.id} />
      </Section>
      <Section title="Call the API" lead="The samples read the secret from an environment variable.">
        <CodeSamples />
      </Section>
    </div>
  );
}
