import { Button } from '../components/button.tsx';
import { Problem } from '../components/states.tsx';
import { formatExact, Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type TokenQuery, useEndTokenOverlapMutation } from '../generated/hooks.ts';
import { describeAbility, describeBlocks, describeRole } from '../scopes/describe-access.ts';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { useTargetsOf } from '../scopes/use-scope-targets.ts';
import { blockingWorkspaces, StatusBadge } from './status-badge.tsx';
import { ACTION_NAMES, refusalOf, type TokenAction } from './token-actions.ts';
import './token-status-row.css';

type Token = NonNullable<TokenQuery['token']>;

/** Returns the main action for a status: revoke a working token, or make another one work again. */
function primaryActionFor({ status, disabledAt }: Token): TokenAction {
  if (status === 'DISABLED' && disabledAt) return 'enable';
  if (status === 'USED_UP') return 'edit';
  return status === 'EXPIRED' || status === 'REVOKED' ? 'regenerate' : 'revoke';
}

/** Returns what an active token can do; without the names of its resources, until when it works. */
function describeActive(token: Token, targets: ScopeTargets | undefined): string {
  const expiresAt = token.expiresAt ? new Date(token.expiresAt) : null;
  if (token.access === 'ROLE' && token.role && token.workspace) {
    return describeRole({ name: token.role, workspace: token.workspace.name }, expiresAt);
  }
  if (token.access === 'NONE') return 'This token has no access, so every request is refused.';
  if (targets) return describeAbility(token, targets, expiresAt);
  return expiresAt ? `Works until ${formatExact(expiresAt)}.` : 'Works and never expires.';
}

function describeStatus(token: Token, targets: ScopeTargets | undefined): string {
  const { status, disabledAt, revokedAt, expiresAt } = token;
  const at = (instant: string | null) => (instant ? ` on ${formatExact(new Date(instant))}` : '');
  switch (status) {
    case 'ACTIVE':
      return [describeActive(token, targets), describeBlocks(blockingWorkspaces(token.restrictions))]
        .join(' ')
        .trim();
    case 'DISABLED':
      return disabledAt
        ? `Disabled${at(disabledAt)}. Enable it to use the same secret again.`
        : 'Disabled because a token that it derives from is disabled or revoked.';
    case 'EXPIRED':
      return `Expired${at(expiresAt)}. Regenerate it to get a new secret.`;
    case 'USED_UP':
      return 'All its uses are spent. Give it new ones to use the same secret again.';
    case 'REVOKED':
      return `Revoked${at(revokedAt)}. Regenerate it to get a new secret.`;
  }
}

/** The status of a token and its reason, with the main action. */
export function TokenStatusRow({
  token,
  onChoose,
}: {
  token: Token;
  onChoose: (action: TokenAction) => void;
}) {
  const action = primaryActionFor(token);
  const targets = useTargetsOf(token.scopes);
  return (
    <div className="status-row">
      <StatusBadge {...token} />
      <p>{describeStatus(token, targets)}</p>
      <div className="page-actions">
        {action === 'revoke' && (
          <Button refusal={refusalOf('regenerate', token)} onClick={() => onChoose('regenerate')}>
            {ACTION_NAMES.regenerate}
          </Button>
        )}
        <Button
          variant={action === 'revoke' ? 'danger' : 'primary'}
          refusal={refusalOf(action, token)}
          onClick={() => onChoose(action)}
        >
          {ACTION_NAMES[action]}
        </Button>
      </div>
    </div>
  );
}

/** Shows that the previous secret of a token still works, with a button that ends it. */
export function TokenOverlap({ token }: { token: NonNullable<TokenQuery['token']> }) {
  const { busy, problem, submit } = useSubmit(useEndTokenOverlapMutation());
  if (!token.overlapEndsAt) return null;
  return (
    <>
      {problem && <Problem>{problem}</Problem>}
      <div className="status-row">
        <p>
          The old secret stops working <Time value={token.overlapEndsAt} relative />, or as soon as the new
          one is used.
        </p>
        <div className="page-actions">
          <Button busy={busy} onClick={() => submit({ id: token.id }, 'The old secret no longer works')}>
            End now
          </Button>
        </div>
      </div>
    </>
  );
}
