import { Link } from 'wouter';
import { Warning } from '../components/states.tsx';
import type { TokenQuery } from '../generated/hooks.ts';
import { operationName } from '../labels.ts';
import './token-restrictions.css';

type Restriction = NonNullable<NonNullable<TokenQuery['token']>['restrictions']>[number];

function RestrictionItem({ restriction }: { restriction: Restriction }) {
  const { workspace, reason, entityType, operations } = restriction;
  const name = workspace ? (
    <Link href={`/workspaces/${workspace.id}`}>{workspace.name}</Link>
  ) : (
    'a workspace that you left'
  );
  if (reason === 'POLICY') return <li>Blocked by {name}&rsquo;s token policy.</li>;
  if (reason !== 'OPERATION_GONE') return <li>Restricted in {name}.</li>;
  return (
    <li>
      Not in effect: {entityType} {(operations ?? []).map(operationName).join(', ')}. No longer declared by{' '}
      {name}.
    </li>
  );
}

/** What holds the token back although its scopes allow it; nothing if there is nothing. */
export function TokenRestrictions({ restrictions }: { restrictions: readonly Restriction[] }) {
  if (restrictions.length === 0) return null;
  return (
    <Warning>
      <ul className="restrictions" aria-label="Restrictions">
        {restrictions.map((restriction) => (
          <RestrictionItem
            key={`${restriction.reason} ${restriction.workspaceId} ${restriction.entityType}`}
            restriction={restriction}
          />
        ))}
      </ul>
    </Warning>
  );
}
