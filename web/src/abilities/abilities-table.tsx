import { BUILT_IN_OPERATIONS, OPERATIONS, type Operation } from '../../../src/domain/scopes.ts';
import { describeDecision } from '../api/errors.ts';
import { CheckIcon, CrossIcon } from '../components/icons.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { type DecisionPartsFragment, useTokenAbilitiesQuery } from '../generated/hooks.ts';
import { operationName } from '../labels.ts';
import './abilities-table.css';

const TYPES = Object.keys(BUILT_IN_OPERATIONS) as (keyof typeof BUILT_IN_OPERATIONS)[];

/** Every operation of the built-in resource types. */
const CHECKS = TYPES.flatMap((entityType) =>
  BUILT_IN_OPERATIONS[entityType].map((operation) => ({ entityType, operation })),
);

function DecisionCell({ decision }: { decision: DecisionPartsFragment | undefined }) {
  if (!decision) return <span className="visually-hidden">not applicable</span>;
  if (decision.allowed) {
    return (
      <span className="ability-allowed">
        <CheckIcon />
        <span className="visually-hidden">allowed</span>
      </span>
    );
  }
  const reason = describeDecision(decision);
  return (
    <span className="ability-refused" title={reason}>
      <CrossIcon />
      <span className="visually-hidden">refused: {reason}</span>
    </span>
  );
}

/** Checks every operation for a token, which does not count as its use, and shows the decisions. */
export function AbilitiesTable({ tokenId }: { tokenId: string }) {
  const [{ data, error }, reload] = useTokenAbilitiesQuery({ variables: { id: tokenId, checks: CHECKS } });
  if (error) return <Failure error={error} onRetry={reload} />;
  const decisions = data?.token?.abilities;
  if (!decisions) return <Loading what="the permissions" />;
  const [first] = decisions;
  if (first?.reason?.startsWith('TOKEN_')) {
    return <p className="muted">Every request is refused. {describeDecision(first)}</p>;
  }
  const decisionOf = (type: string, requested: Operation) =>
    decisions[
      CHECKS.findIndex(({ entityType, operation }) => entityType === type && operation === requested)
    ];
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
              <th scope="row">{operationName(operation)}</th>
              {TYPES.map((type) => (
                <td key={type}>
                  <DecisionCell decision={decisionOf(type, operation)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
