import type { ReactNode } from 'react';
import type { ListState } from '../components/list-state.tsx';
import type { TokenOrderField, TokenStatus } from '../generated/hooks.ts';
import { STATUS_NAMES } from '../labels.ts';
import { SOON } from './token-counters.tsx';
import './token-toolbar.css';

const STATUSES = Object.entries(STATUS_NAMES) as [TokenStatus, string][];

/** The search and the status filter of a token list, with the menus of the table. */
export function TokenToolbar({ list, children }: { list: ListState<TokenOrderField>; children: ReactNode }) {
  return (
    <search className="toolbar">
      <input
        type="search"
        className="input toolbar-search"
        aria-label="Search by name, description or identifier"
        placeholder="Search by name or identifier"
        value={list.typed}
        onChange={(event) => list.setTyped(event.target.value)}
      />
      <select
        className="input select toolbar-filter"
        aria-label="Status"
        value={list.filter}
        onChange={(event) => list.setFilter(event.target.value)}
      >
        <option value="">All statuses</option>
        {STATUSES.map(([status, name]) => (
          <option key={status} value={status}>
            {name}
          </option>
        ))}
        <option value={SOON}>Expiring soon</option>
      </select>
      {children}
    </search>
  );
}
