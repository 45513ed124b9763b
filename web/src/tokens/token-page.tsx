import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { TokenAbilities } from '../abilities/token-abilities.tsx';
import { TokenRestrictions } from '../abilities/token-restrictions.tsx';
import { Button } from '../components/button.tsx';
import { CopyIconButton } from '../components/copy-icon-button.tsx';
import { Description, DescriptionList } from '../components/description-list.tsx';
import { Page, Section } from '../components/page.tsx';
import { Failure, Loading } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { type TokenQuery, useTokenQuery } from '../generated/hooks.ts';
import { GonePage, useLast } from '../gone.tsx';
import { ACCESS_NAMES, ROLE_NAMES } from '../labels.ts';
import { NotFoundPage } from '../not-found-page.tsx';
import { DerivedTokens } from './derived-tokens.tsx';
import { ExpiryCell } from './expiry-cell.tsx';
import { TokenActionDialog } from './token-action-dialog.tsx';
import {
  ACTION_NAMES,
  actionsFor,
  DANGEROUS,
  duplicatePathOf,
  listPathOf,
  refusalOf,
  refusalOfDuplicate,
  type TokenAction,
} from './token-actions.ts';
import { TokenHistory } from './token-history.tsx';
import { TokenScopes } from './token-scopes.tsx';
import { TokenOverlap, TokenStatusRow } from './token-status-row.tsx';

type Token = NonNullable<TokenQuery['token']>;

function creatorOf({ createdBy, createdByToken }: Token): string {
  return createdBy?.name ?? (createdByToken ? 'a workspace token' : 'a former user');
}

function Properties({ token }: { token: Token }) {
  const { owner, workspace, parent, issuedBy, limits } = token;
  return (
    <DescriptionList>
      <Description name="Description" wide>
        {token.description}
      </Description>
      <Description name="Token">
        <code>{token.maskedSecret}</code>
        <CopyIconButton text={token.maskedSecret} label="Copy the masked token" />
      </Description>
      <Description name="Identifier">
        {token.identifier}
        <CopyIconButton text={token.identifier} label="Copy the identifier" />
      </Description>
      <Description name="Role">{token.role && ROLE_NAMES[token.role]}</Description>
      {token.access !== 'ROLE' && <Description name="Access">{ACCESS_NAMES[token.access]}</Description>}
      <Description name="Subject">{token.subject}</Description>
      <Description name="Metadata">
        {token.metadata && <code>{JSON.stringify(token.metadata)}</code>}
      </Description>
      <Description name="Owner">{owner && `${owner.name} (${owner.email})`}</Description>
      <Description name="Workspace">
        {workspace && <Link href={`/workspaces/${workspace.id}`}>{workspace.name}</Link>}
      </Description>
      <Description name="Networks">{limits?.networks?.join(', ')}</Description>
      <Description name="Requests per minute">{limits?.requestsPerMinute}</Description>
      <Description name="Uses">{limits?.uses && `${limits.usesLeft} of ${limits.uses} left`}</Description>
      <Description name="Issued by">
        {issuedBy && <Link href={`/tokens/${issuedBy.id}`}>{issuedBy.name}</Link>}
      </Description>
      <Description name="Derived from">
        {parent && <Link href={`/tokens/${parent.id}`}>{parent.name}</Link>}
      </Description>
      <Description name="Created">
        <Time value={token.createdAt} />
        {` by ${creatorOf(token)}`}
      </Description>
      <Description name="Updated">
        <Time value={token.updatedAt} relative />
      </Description>
      <Description name="Secret issued">
        {token.regeneratedAt && <Time value={token.regeneratedAt} />}
      </Description>
      <Description name="Expires">
        <ExpiryCell token={token} />
      </Description>
      <Description name="Last used">
        {token.lastUsedAt ? <Time value={token.lastUsedAt} relative /> : 'Never used'}
      </Description>
      <Description name="Last IP address">{token.lastUsedIp}</Description>
      <Description name="Last user agent">{token.lastUsedUserAgent}</Description>
    </DescriptionList>
  );
}

function Actions({ token, onChoose }: { token: Token; onChoose: (action: TokenAction) => void }) {
  const [, go] = useLocation();
  const buttons = actionsFor(token)
    .filter(
      (action) => action === 'edit' || action === 'delete' || action === 'disable' || action === 'enable',
    )
    .map((action) => (
      <Button
        key={action}
        variant={DANGEROUS.has(action) ? 'danger-quiet' : 'plain'}
        refusal={refusalOf(action, token)}
        onClick={() => onChoose(action)}
      >
        {ACTION_NAMES[action]}
      </Button>
    ));
  return (
    <>
      <Button refusal={refusalOfDuplicate(token)} onClick={() => go(duplicatePathOf(token))}>
        Duplicate
      </Button>
      {buttons}
    </>
  );
}

function TokenDetails({ token }: { token: Token }) {
  const [action, setAction] = useState<TokenAction | null>(null);
  return (
    <Page
      title={token.name}
      lead={
        <Link href={listPathOf(token)}>
          {token.workspace ? `Tokens of ${token.workspace.name}` : 'Access tokens'}
        </Link>
      }
      actions={<Actions token={token} onChoose={setAction} />}
    >
      <TokenStatusRow token={token} onChoose={setAction} />
      <TokenRestrictions restrictions={token.restrictions ?? []} />
      <TokenOverlap token={token} />
      <Section title="Properties">
        <Properties token={token} />
      </Section>
      {token.access !== 'ROLE' && <TokenScopes token={token} onEdit={() => setAction('edit')} />}
      <TokenAbilities token={token} />
      {token.derived && token.derived.nodes.length > 0 && <DerivedTokens tokens={token.derived.nodes} />}
      <TokenHistory token={token} />
      {action && <TokenActionDialog action={action} token={token} onClose={() => setAction(null)} />}
    </Page>
  );
}

/** The details of one token and the actions on it. */
export default function TokenPage({ id }: { id: string }) {
  const [{ data, error }, reload] = useTokenQuery({ variables: { id } });
  const last = useLast(data?.token);
  if (data?.token) return <TokenDetails token={data.token} />;
  if (data && last) return <GonePage what="token" name={last.name} listPath={listPathOf(last)} />;
  if (data) return <NotFoundPage what="token" />;
  return (
    <Page title="Access token">
      {error ? <Failure error={error} onRetry={reload} /> : <Loading what="the token" />}
    </Page>
  );
}
