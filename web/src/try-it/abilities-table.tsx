import { BUILT_IN_OPERATIONS, OPERATIONS, type Operation } from '../../../src/domain/scopes.ts';
import { explain, explainReason } from '../api/errors.ts';
import { CheckIcon, CrossIcon } from '../components/icons.tsx';
import { Failure, Loading, Problem } from '../components/states.tsx';
import {
  type DecisionPartsFragment,
  type TokenAbilitiesQuery,
  useTokenAbilitiesQuery,
} from '../generated/hooks.ts';
import { OPERATION_NAMES } from '../words.ts';
import './abilities-table.css';

type Viewer = TokenAbilitiesQuery['viewer'];
type EntityType = keyof typeof BUILT_IN_OPERATIONS;

const TYPES = Object.keys(BUILT_IN_OPERATIONS) as EntityType[];

/** The answer about an operation on a type; `null` where the type has no such operation. */
function decisionOf(viewer: Viewer, type: EntityType, operation: Operation): DecisionPartsFragment | null {
  if (!BUILT_IN_OPERATIONS[type].includes(operation)) return null;
  const name = OPERATION_NAMES[operation];
  const alias = `${type}${name.charAt(0).toUpperCase()}${name.slice(1)}` as Exclude<keyof Viewer, 'token'>;
  return viewer[alias];
}

function Answer({ decision }: { decision: DecisionPartsFragment | null }) {
  if (!decision) return <span className="visually-hidden">does not exist</span>;
  if (decision.allowed) {
    return (
      <span className="ability-yes">
        <CheckIcon />
        <span className="visually-hidden">allowed</span>
      </span>
    );
  }
  const reason = explainReason(decision.reason ?? 'FORBIDDEN');
  return (
    <span className="ability-no" title={reason}>
      <CrossIcon />
      <span className="visually-hidden">refused: {reason}</span>
    </span>
  );
}

/** Asks the server, as the token, what it may do, and shows the answers. */
export function AbilitiesTable({ tokenId }: { tokenId: string }) {
  const [{ data, error }, reload] = useTokenAbilitiesQuery();
  if (error) {
    return error.networkError ? (
      <Failure error={error} onRetry={reload} />
    ) : (
      <Problem>{explain(error)}</Problem>
    );
  }
  if (!data) return <Loading what="what it can do" />;
  const { viewer } = data;
  if (viewer.token?.id !== tokenId) return <Problem>This is the secret of another token.</Problem>;
  return (
    <section className="data-frame abilities" aria-label="What the token can do">
      <table>
        <thead>
          <tr>
            <th scope="col">Operation</th>
            {TYPES.map((type) => (
              <th key={type} scope="col">
                {type}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {OPERATIONS.map((operation) => (
            <tr key={operation}>
              <th scope="row">{OPERATION_NAMES[operation]}</th>
              {TYPES.map((type) => (
                <td key={type}>
                  <Answer decision={decisionOf(viewer, type, operation)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
