import { Badge, type Tone } from '../components/badge.tsx';
import type { TokenAccess, TokenRowFragment, TokenStatus } from '../generated/hooks.ts';
import { ACCESS_NAMES, STATUS_NAMES } from '../labels.ts';
import './status-badge.css';

const TONES: Record<TokenStatus, Tone> = {
  ACTIVE: 'success',
  DISABLED: 'plain',
  EXPIRED: 'danger',
  REVOKED: 'plain',
  USED_UP: 'danger',
};

type Restrictions = TokenRowFragment['restrictions'];

/** Returns the names of the workspaces whose token policy blocks a token. */
export function blockingWorkspaces(restrictions: Restrictions | undefined): string[] {
  return (restrictions ?? [])
    .filter(({ reason }) => reason === 'POLICY')
    .map(({ workspace }) => workspace?.name ?? 'a workspace that you left');
}

interface Props {
  readonly status: TokenStatus;
  readonly access: TokenAccess;
  readonly restrictions?: Restrictions;
}

/** The status of a token as a badge. A token without access works for nothing, so its badge is neutral. */
export function StatusBadge({ status, access, restrictions }: Props) {
  if (status !== 'ACTIVE') return <Badge tone={TONES[status]}>{STATUS_NAMES[status]}</Badge>;
  if (access === 'NONE') return <Badge>{ACCESS_NAMES.NONE}</Badge>;
  const [name, ...others] = blockingWorkspaces(restrictions);
  if (name === undefined) return <Badge tone={TONES.ACTIVE}>{STATUS_NAMES.ACTIVE}</Badge>;
  return (
    <Badge tone="warning">
      <span className="blocked" title={[name, ...others].join(', ')}>
        Blocked in {others.length === 0 ? <bdi>{name}</bdi> : `${others.length + 1} workspaces`}
      </span>
    </Badge>
  );
}
