import { Button } from '../components/button.tsx';
import { formatExact } from '../components/time.tsx';
import type { TokenQuery } from '../generated/hooks.ts';
import { StatusBadge } from './status-badge.tsx';
import { ACTION_NAMES, refusalOf, type TokenAction } from './token-actions.ts';
import './token-status-row.css';

type Token = NonNullable<TokenQuery['token']>;

/** The one action that makes sense in a state: what works can be revoked, what does not can be made to work. */
function mainActionOf({ status, disabledAt }: Token): TokenAction {
  if (status === 'DISABLED' && disabledAt) return 'enable';
  return status === 'EXPIRED' || status === 'REVOKED' ? 'regenerate' : 'revoke';
}

function meaningOf(token: Token): string {
  const { status, disabledAt, revokedAt, expiresAt } = token;
  const at = (instant: string | null) => (instant ? ` on ${formatExact(new Date(instant))}` : '');
  switch (status) {
    case 'ACTIVE':
      return token.access === 'NONE'
        ? 'It is recognised, but has no access: every request with it is refused.'
        : `It works${expiresAt ? ` until ${formatExact(new Date(expiresAt))}` : ', and never expires'}.`;
    case 'DISABLED':
      return disabledAt
        ? `It was stopped${at(disabledAt)}; enabling it brings the same secret back.`
        : 'A token that it derives from is stopped, and so is this one.';
    case 'EXPIRED':
      return `Its time was over${at(expiresAt)}; regenerating it gives it a new secret and keeps all else.`;
    case 'REVOKED':
      return `Its secret died${at(revokedAt)}; regenerating it gives it a new one and keeps all else.`;
  }
}

/** Whether the token works and why, with the one action that makes sense. */
export function TokenStatusRow({
  token,
  onChoose,
}: {
  token: Token;
  onChoose: (action: TokenAction) => void;
}) {
  const action = mainActionOf(token);
  const refusal = refusalOf(action, token);
  return (
    <div className="status-row">
      <StatusBadge status={token.status} />
      <p>{meaningOf(token)}</p>
      <div className="page-actions">
        {action === 'revoke' && (
          <Button disabled={Boolean(refusalOf('regenerate', token))} onClick={() => onChoose('regenerate')}>
            {ACTION_NAMES.regenerate}
          </Button>
        )}
        <Button
          variant={action === 'revoke' ? 'danger' : 'primary'}
          disabled={refusal !== null}
          title={refusal ?? undefined}
          onClick={() => onChoose(action)}
        >
          {ACTION_NAMES[action]}
        </Button>
      </div>
    </div>
  );
}
