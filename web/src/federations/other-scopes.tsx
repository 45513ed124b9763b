import { IconButton } from '../components/button.tsx';
import { TrashIcon } from '../components/icons.tsx';
import { describeScope } from '../scopes/describe-access.ts';
import type { GivenScope, ScopeErrors } from '../scopes/scope-draft.ts';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import './other-scopes.css';

interface OtherScopesProps {
  readonly scopes: readonly GivenScope[];
  readonly targets: ScopeTargets;
  readonly errorsOf: (scope: GivenScope) => ScopeErrors;
  readonly onChange: (scopes: readonly GivenScope[]) => void;
}

/** The scopes of a federation that its form does not offer; nothing if there are none. The user can only remove them. */
export function OtherScopes({ scopes, targets, errorsOf, onChange }: OtherScopesProps) {
  if (scopes.length === 0) return null;
  return (
    <div className="other-scopes">
      <p className="field-hint">
        These scopes name something that you can't select here. They stay as they are until you remove them.
      </p>
      <ul aria-label="Other scopes">
        {scopes.map((scope) => {
          const text = describeScope(scope, targets);
          const [error] = Object.values(errorsOf(scope)).filter(Boolean);
          return (
            <li key={JSON.stringify(scope)}>
              <span>{text}</span>
              <IconButton
                label={`Remove the scope to ${text}`}
                className="icon-button-danger"
                onClick={() => onChange(scopes.filter((each) => each !== scope))}
              >
                <TrashIcon />
              </IconButton>
              {error && (
                <p className="field-error" role="alert">
                  {error}
                </p>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
