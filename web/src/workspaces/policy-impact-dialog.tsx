import type { ReactNode } from 'react';
import { ConfirmDialog } from '../components/dialog.tsx';
import { Warning } from '../components/states.tsx';
import type { Submission } from '../components/use-submit.ts';
import type { TokenPolicyImpactQuery } from '../generated/hooks.ts';
import './policy-impact-dialog.css';

/** Which tokens a change of the policy would cut off. */
export type PolicyImpact = NonNullable<TokenPolicyImpactQuery['workspace']>['tokenPolicyImpact'];

/** Returns whether the tokens to cut off are worth a question. */
export function isHarmless({ personalTokenCount, workspaceTokenCount, isComplete }: PolicyImpact): boolean {
  return personalTokenCount === 0 && workspaceTokenCount === 0 && isComplete;
}

function countOf(count: number, isComplete: boolean, kind: string): string {
  const amount = `${isComplete ? '' : 'At least '}${count.toLocaleString('en')}`;
  return `${amount} ${kind} ${count === 1 ? 'token' : 'tokens'}`;
}

function Names({ items, hidden, others }: { items: readonly ReactNode[]; hidden: number; others: string }) {
  return (
    <ul className="impact-list">
      {items}
      {hidden > 0 && <li className="muted">{`and ${hidden.toLocaleString('en')} ${others}`}</li>}
    </ul>
  );
}

function PersonalTokens({ impact: { personalTokenCount, owners, isComplete } }: { impact: PolicyImpact }) {
  const named = owners.reduce((sum, { tokenCount }) => sum + tokenCount, 0);
  return (
    <div>
      <strong>{countOf(personalTokenCount, isComplete, 'personal')}</strong> can no longer access this
      workspace:
      <Names
        items={owners.map(({ user, tokenCount }) => (
          <li key={user?.id}>{`${user?.name ?? 'Former user'}: ${countOf(tokenCount, true, 'personal')}`}</li>
        ))}
        hidden={personalTokenCount - named}
        others="of other people"
      />
    </div>
  );
}

function WorkspaceTokens({
  impact: { workspaceTokenCount, workspaceTokens, isComplete },
}: {
  impact: PolicyImpact;
}) {
  return (
    <div>
      <strong>{countOf(workspaceTokenCount, isComplete, 'workspace')}</strong> can no longer be used:
      <Names
        items={workspaceTokens.map(({ id, name, subject }) => (
          <li key={id}>{subject ? `${name} (${subject})` : name}</li>
        ))}
        hidden={workspaceTokenCount - workspaceTokens.length}
        others="others"
      />
    </div>
  );
}

/** Asks before a policy is saved that cuts off tokens, and names them and their owners. */
export function PolicyImpactDialog({
  impact,
  form,
  onSubmit,
  onClose,
}: {
  impact: PolicyImpact;
  form: Pick<Submission, 'busy' | 'problem'>;
  onSubmit: () => void;
  onClose: () => void;
}) {
  return (
    <ConfirmDialog
      title="This policy cuts off tokens"
      action="Save policy"
      form={form}
      onSubmit={onSubmit}
      onClose={onClose}
    >
      {impact.personalTokenCount > 0 && <PersonalTokens impact={impact} />}
      {impact.workspaceTokenCount > 0 && <WorkspaceTokens impact={impact} />}
      {!impact.isComplete && (
        <Warning>There can be more. Only the first 5,000 tokens of each kind were checked.</Warning>
      )}
      <p className="muted">
        The change takes effect immediately. No tokens are deleted: they work again under a policy that allows
        them.
      </p>
    </ConfirmDialog>
  );
}
