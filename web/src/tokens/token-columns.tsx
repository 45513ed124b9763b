import { Link } from 'wouter';
import { CopyIconButton } from '../components/copy-icon-button.tsx';
import type { Column } from '../components/data-table.tsx';
import { Time } from '../components/time.tsx';
import type { TokenOrderField, TokenRowFragment } from '../generated/hooks.ts';
import { ACCESS_NAMES, ROLE_NAMES } from '../labels.ts';
import { ExpiryCell } from './expiry-cell.tsx';
import { StatusBadge } from './status-badge.tsx';
import './token-columns.css';

type TokenColumn = Column<TokenRowFragment, TokenOrderField>;

const NAME: TokenColumn = {
  id: 'name',
  title: 'Name',
  sort: 'NAME',
  cell: (token) => (
    <>
      <Link href={`/tokens/${token.id}`} className="row-link">
        {token.name}
      </Link>
      {token.description && <p className="token-description">{token.description}</p>}
    </>
  ),
};

const SECRET: TokenColumn = {
  id: 'token',
  title: 'Token',
  cell: ({ maskedSecret, name, status }) => (
    <span className="data-nowrap">
      <code className="muted">{maskedSecret}</code>
      {status === 'ACTIVE' && (
        <CopyIconButton text={maskedSecret} label={`Copy the masked token of ${name}`} />
      )}
    </span>
  ),
};

const ACCESS: TokenColumn = {
  id: 'access',
  title: 'Access',
  cell: ({ access }) => <span className="data-nowrap">{ACCESS_NAMES[access]}</span>,
};

const ROLE: TokenColumn = {
  id: 'role',
  title: 'Role',
  cell: ({ role }) => <span className="data-nowrap">{role && ROLE_NAMES[role]}</span>,
};

const SUBJECT: TokenColumn = {
  id: 'subject',
  title: 'Subject',
  cell: ({ subject }) => subject,
};

const CREATED_BY: TokenColumn = {
  id: 'createdBy',
  title: 'Created by',
  cell: ({ createdBy, createdByToken }) =>
    createdBy?.name ?? <span className="muted">{createdByToken ? 'A workspace token' : 'Former user'}</span>,
};

const STATUS: TokenColumn = {
  id: 'status',
  title: 'Status',
  cell: (token) => <StatusBadge {...token} />,
};

const CREATED: TokenColumn = {
  id: 'created',
  title: 'Created',
  sort: 'CREATED_AT',
  cell: ({ createdAt }) => <Time value={createdAt} />,
};

const EXPIRES: TokenColumn = {
  id: 'expires',
  title: 'Expires',
  sort: 'EXPIRES_AT',
  cell: (token) => <ExpiryCell token={token} />,
};

const LAST_USED: TokenColumn = {
  id: 'lastUsed',
  title: 'Last used',
  sort: 'LAST_USED_AT',
  cell: ({ lastUsedAt }) =>
    lastUsedAt ? <Time value={lastUsedAt} relative /> : <span className="muted data-nowrap">Never used</span>,
};

/** The columns of a list of personal tokens. */
export const PERSONAL_COLUMNS: readonly TokenColumn[] = [
  NAME,
  SECRET,
  ACCESS,
  STATUS,
  CREATED,
  EXPIRES,
  LAST_USED,
];

/** The columns of a list of workspace tokens. */
export const WORKSPACE_COLUMNS: readonly TokenColumn[] = [
  { ...NAME, title: 'Label' },
  SECRET,
  { ...ROLE, title: 'Scope (role)' },
  SUBJECT,
  CREATED_BY,
  CREATED,
  EXPIRES,
  STATUS,
  LAST_USED,
];
