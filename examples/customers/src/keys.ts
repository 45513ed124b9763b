import { type Ask, PosternError } from './postern.ts';

/** A key as its customer sees it. */
export interface Key {
  readonly id: string;
  readonly name: string;
  /** The first characters of the secret. */
  readonly maskedSecret: string;
  readonly status: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly lastUsedIp: string | null;
  /** When the key that this one replaces stops working; `null` if it replaces none. */
  readonly metadata: { readonly replaces: string; readonly replacedUntil: string } | null;
}

/** A new key with its secret, which is returned only here. */
export interface NewKey {
  readonly key: Key;
  readonly secret: string;
}

/** The keys of customers. Each method reaches only keys whose subject is the customer; `null` stands for any other key. */
export interface Keys {
  list(customer: string): Promise<Key[]>;
  /** Returns `null` if the customer has too many keys. */
  create(customer: string, name: string): Promise<NewKey | null>;
  /** Creates a key in place of another one, which keeps working for a day. */
  replace(customer: string, id: string): Promise<NewKey | null>;
  revoke(customer: string, id: string): Promise<Key | null>;
  /** Revokes the keys whose day is over, among those that a key created since an instant replaces. */
  endReplaced(since: number): Promise<void>;
}

const ACTIVE_MAX = 10;
/** How long a replaced key keeps working. */
export const OVERLAP_MS = 24 * 3_600_000;
const KEY = 'id name maskedSecret status createdAt expiresAt lastUsedAt lastUsedIp metadata';

const VIEWER = '{ viewer { token { id workspace { id } } } }';
const LIST = `query ($workspace: ID!, $subject: String!) {
  workspace(id: $workspace) { tokens(first: 100, filter: { subject: $subject }) { nodes { ${KEY} } } }
}`;
const COUNT = `query ($workspace: ID!, $subject: String!) {
  workspace(id: $workspace) { tokenSummary(subject: $subject) { active } }
}`;
const FIND = `query ($id: ID!) { token(id: $id) { ${KEY} subject workspace { id } } }`;
const CREATE = `mutation ($input: CreateWorkspaceTokenInput!) {
  createWorkspaceToken(input: $input) { secret token { ${KEY} } }
}`;
const REVOKE = `mutation ($id: ID!) { revokeToken(input: { id: $id }) { token { ${KEY} } } }`;
const ISSUED = `query ($workspace: ID!, $issuer: ID!, $after: String) {
  workspace(id: $workspace) {
    tokens(first: 100, after: $after, filter: { issuedBy: $issuer }) {
      nodes { ${KEY} }
      pageInfo { hasNextPage endCursor }
    }
  }
}`;

interface Page {
  readonly nodes: readonly Key[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Returns the keys that a token of this backend manages. The token names its workspace. */
export async function createKeys(ask: Ask): Promise<Keys> {
  const { viewer } = await ask<{ viewer: { token: { id: string; workspace: { id: string } } } }>(VIEWER);
  const { id: issuer } = viewer.token;
  const { id: workspace } = viewer.token.workspace;
  const ended = new Set<string>();

  /** Returns a key; `null` if it is not one of the customer. An id alone proves nothing: the customer sent it. */
  async function find(customer: string, id: string): Promise<Key | null> {
    const { token } = await ask<{
      token: (Key & { subject: string | null; workspace: { id: string } }) | null;
    }>(FIND, { id });
    return token?.subject === customer && token.workspace.id === workspace ? token : null;
  }

  async function create(customer: string, name: string, metadata: Key['metadata']): Promise<NewKey | null> {
    const counted = await ask<{ workspace: { tokenSummary: { active: number } } }>(COUNT, {
      workspace,
      subject: customer,
    });
    if (counted.workspace.tokenSummary.active >= ACTIVE_MAX) return null;
    const input = {
      workspaceId: workspace,
      name,
      metadata,
      subject: customer,
      role: 'TEAM_MEMBER',
      access: 'SCOPED',
      scopes: [
        {
          entityType: 'invoice',
          operations: ['READ'],
          entityPattern: `${customer}/*`,
          workspaceId: workspace,
        },
      ],
      expires: { after: 'P90D' },
    };
    const { createWorkspaceToken: created } = await ask<{
      createWorkspaceToken: { secret: string; token: Key };
    }>(CREATE, { input });
    return { key: created.token, secret: created.secret };
  }

  async function revoke(id: string): Promise<Key> {
    return (await ask<{ revokeToken: { token: Key } }>(REVOKE, { id })).revokeToken.token;
  }

  /** Returns a page of the keys that this backend issued, newest first. */
  async function pageOfIssued(after: string | null): Promise<Page> {
    const variables = { workspace, issuer, after };
    return (await ask<{ workspace: { tokens: Page } }>(ISSUED, variables)).workspace.tokens;
  }

  /** Revokes a replaced key, unless that happened before or the key was deleted. */
  async function endOnce(id: string): Promise<void> {
    if (ended.has(id)) return;
    await revoke(id).catch((error) => {
      if (!(error instanceof PosternError) || error.code !== 'NOT_FOUND') throw error;
    });
    ended.add(id);
  }

  return {
    async list(customer) {
      const variables = { workspace, subject: customer };
      return (await ask<{ workspace: { tokens: { nodes: Key[] } } }>(LIST, variables)).workspace.tokens.nodes;
    },
    create: (customer, name) => create(customer, name, null),
    async replace(customer, id) {
      const key = await find(customer, id);
      if (key?.status !== 'ACTIVE') return null;
      // A token cannot regenerate a customer's key: a leaked token of this backend must not take over keys that exist.
      const replacedUntil = new Date(Date.now() + OVERLAP_MS).toISOString();
      return create(customer, key.name, { replaces: key.id, replacedUntil });
    },
    async revoke(customer, id) {
      return (await find(customer, id)) && revoke(id);
    },
    async endReplaced(since) {
      for (let after: string | null = null; ; ) {
        const { nodes, pageInfo } = await pageOfIssued(after);
        for (const { metadata } of nodes) {
          if (metadata && Date.parse(metadata.replacedUntil) <= Date.now()) await endOnce(metadata.replaces);
        }
        // Newest first.
        const last = nodes.at(-1);
        if (!pageInfo.hasNextPage || !last || Date.parse(last.createdAt) < since) return;
        after = pageInfo.endCursor;
      }
    },
  };
}
