import { Link } from 'wouter';
import { Section } from '../components/page.tsx';
import type { DerivedPartsFragment } from '../generated/hooks.ts';
import { ACCESS_NAMES } from '../labels.ts';
import './derived-tokens.css';
import { StatusBadge } from './status-badge.tsx';

interface DerivedToken extends DerivedPartsFragment {
  readonly derived?: { readonly nodes: readonly DerivedToken[] } | null;
}

function Branch({ tokens }: { tokens: readonly DerivedToken[] }) {
  return (
    <ul className="derived">
      {tokens.map((token) => (
        <li key={token.id}>
          <div className="derived-line">
            <Link href={`/tokens/${token.id}`} className="row-link">
              {token.name}
            </Link>
            <span className="muted">{ACCESS_NAMES[token.access]}</span>
            <StatusBadge {...token} />
          </div>
          {token.derived && token.derived.nodes.length > 0 && <Branch tokens={token.derived.nodes} />}
        </li>
      ))}
    </ul>
  );
}

/** The tokens that were created with this one, as a tree. */
export function DerivedTokens({ tokens }: { tokens: readonly DerivedToken[] }) {
  return (
    <Section
      title="Derived tokens"
      lead="Created with this token. They never have more access, and stop when it does."
    >
      <div className="derived-frame">
        <Branch tokens={tokens} />
      </div>
    </Section>
  );
}
