import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { describeFormError } from '../api/form-errors.ts';
import { Button } from '../components/button.tsx';
import { TextAreaField } from '../components/field.tsx';
import { Warning } from '../components/states.tsx';
import { ScopesForDocumentDocument, type ScopesForDocumentQuery } from '../generated/hooks.ts';
import { forgetQuery, readQuery } from './query-from-graphiql.ts';
import { draftOf, type ScopeDraft } from './scope-draft.ts';
import type { ScopeTargets } from './scope-targets.ts';
import './query-field.css';

type Proposal = NonNullable<ScopesForDocumentQuery['scopesFor']>;

const OBSTACLES: Readonly<Record<string, string>> = {
  ROLE_GATED: "requires a workspace role, which personal tokens don't have",
  SESSION_REQUIRED: 'requires a signed-in person',
};

/** What came of a query: what was filled in, or why nothing was, as sentences. */
interface Outcome {
  readonly errors?: { readonly document?: string | undefined; readonly variables?: string | undefined };
  readonly filled?: string;
  readonly warnings?: readonly string[];
}

/** Returns the sentences about what no personal token can do. */
function warningsOf({ obstacles }: Proposal): string[] {
  return obstacles.map(({ path, reason }) => `${path.join('.')} ${OBSTACLES[reason] ?? 'is refused'}.`);
}

function parseVariables(text: string): object | null | undefined {
  if (text.trim() === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Fills in the scopes that a GraphQL query requires. Nothing of the query is executed or stored. */
export function QueryField({
  targets,
  onFill,
}: {
  targets: ScopeTargets;
  onFill: (scopes: readonly ScopeDraft[]) => void;
}) {
  const client = useClient();
  const [given] = useState(readQuery);
  const [document, setDocument] = useState(given?.document ?? '');
  const [variablesText, setVariablesText] = useState(given?.variables ?? '');
  const [outcome, setOutcome] = useState<Outcome>({});
  const [busy, setBusy] = useState(false);
  const variables = parseVariables(variablesText);
  useEffect(forgetQuery, []);

  function fill(proposal: Proposal): Outcome {
    const warnings = warningsOf(proposal);
    if (proposal.scopes.length === 0) {
      return {
        warnings,
        filled: warnings.length > 0 ? '' : 'Any token can run this query, without a scope.',
      };
    }
    const drafts = proposal.scopes.map((scope) => draftOf(scope, targets));
    if (drafts.includes(null)) {
      const document = "The query names a resource that you can't select. Check its ids.";
      return { warnings, errors: { document } };
    }
    onFill(drafts as ScopeDraft[]);
    return { warnings, filled: 'The scopes below are what the query requires.' };
  }

  async function ask(): Promise<void> {
    setBusy(true);
    const { data, error } = await client
      .query(ScopesForDocumentDocument, { document, variables }, { requestPolicy: 'network-only' })
      .toPromise();
    setBusy(false);
    if (data?.scopesFor) {
      setOutcome(fill(data.scopesFor));
      return;
    }
    const { problem, errors } = describeFormError(error, ['document', 'variables']);
    setOutcome({ errors: problem ? { document: problem } : errors });
  }

  return (
    <details className="query-field" open={given !== null || undefined}>
      <summary>Paste the query that your script sends</summary>
      <TextAreaField
        label="Query"
        hint="The GraphQL document only, without a secret. It is not executed."
        rows={6}
        spellCheck={false}
        value={document}
        error={outcome.errors?.document}
        onChange={(event) => {
          setDocument(event.target.value);
          setOutcome({});
        }}
      />
      <TextAreaField
        label="Variables (optional)"
        hint="Ids in them limit the scopes to single resources."
        rows={2}
        spellCheck={false}
        placeholder='e.g. {"id": "…"}'
        value={variablesText}
        error={variables === undefined ? 'Enter a JSON object.' : outcome.errors?.variables}
        onChange={(event) => setVariablesText(event.target.value)}
      />
      <Button small busy={busy} disabled={document.trim() === '' || variables === undefined} onClick={ask}>
        Fill in scopes
      </Button>
      {outcome.filled && <p role="status">{outcome.filled}</p>}
      {outcome.warnings && outcome.warnings.length > 0 && (
        <Warning>
          No personal token can run all of this query:
          <ul>
            {outcome.warnings.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </Warning>
      )}
    </details>
  );
}
