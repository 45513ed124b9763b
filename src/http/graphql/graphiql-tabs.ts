interface Tab {
  readonly query: string;
  readonly variables: string;
  readonly headers?: string;
}

function tab(query: string, variables: object, headers?: object): Tab {
  return {
    query: `${query.trim()}\n`,
    variables: JSON.stringify(variables, null, 2),
    ...(headers && { headers: JSON.stringify(headers, null, 2) }),
  };
}

const ID = 'PASTE-TOKEN-ID';

/** The tabs that GraphiQL opens with. In order, they create, use, list, update, regenerate and delete a token. */
export const GRAPHIQL_TABS: readonly Tab[] = Object.freeze([
  tab(
    `
# 1. Sign in. Enter your password in the
#    variables below and press Ctrl-Enter. This
#    sets a cookie that the other tabs use.
mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    user {
      name
      email
    }
    expiresAt
  }
}`,
    { input: { email: 'owner@localhost', password: '' } },
  ),
  tab(
    `
# 2. Create a personal token. The secret
#    appears only in this response. Access is
#    NONE, SCOPED (with scopes) or FULL.
mutation CreateToken($input: CreateTokenInput!) {
  createToken(input: $input) {
    secret
    token {
      id
      identifier
      access
      status
      expiresAt
    }
  }
}`,
    { input: { name: 'My first token', access: 'FULL', expires: { after: 'P30D' } } },
  ),
  tab(
    `
# 3. Use the token. Paste the secret into the
#    headers below. The header overrides your
#    session, so this tab acts as the token.
query WhoAmI {
  viewer {
    kind
    user {
      email
    }
    token {
      identifier
      access
      status
    }
    can(operation: READ, entityType: "workspace") {
      allowed
      reason
    }
  }
}`,
    {},
    { Authorization: 'Bearer PASTE-SECRET' },
  ),
  tab(
    `
# 4. List your tokens, most recently used
#    first.
query Tokens($filter: TokenFilter, $orderBy: TokenOrder) {
  tokens(first: 20, filter: $filter, orderBy: $orderBy) {
    totalCount
    nodes {
      id
      identifier
      name
      maskedSecret
      access
      scopes {
        entityType
        operations
      }
      status
      expiresAt
      lastUsedAt
    }
  }
}`,
    { filter: { status: ['ACTIVE'] }, orderBy: { field: 'LAST_USED_AT', direction: 'DESC' } },
  ),
  tab(
    `
# 5. Change the token's permissions. The
#    secret and the expiry do not change.
mutation UpdateToken($input: UpdateTokenInput!) {
  updateToken(input: $input) {
    token {
      id
      name
      access
      scopes {
        id
        entityType
        operations
      }
    }
  }
}`,
    {
      input: {
        id: ID,
        name: 'Reads workspaces',
        access: 'SCOPED',
        scopes: [{ entityType: 'workspace', operations: ['READ', 'LIST'] }],
      },
    },
  ),
  tab(
    `
# 6. Regenerate the secret. The old secret
#    stops working immediately.
mutation RegenerateToken($input: RegenerateTokenInput!) {
  regenerateToken(input: $input) {
    secret
    token {
      id
      status
      regeneratedAt
      expiresAt
    }
  }
}`,
    { input: { id: ID } },
  ),
  tab(
    `
# 7. Delete the token. The audit log keeps a
#    record.
mutation DeleteToken($input: DeleteTokenInput!) {
  deleteToken(input: $input) {
    deletedTokenId
  }
}`,
    { input: { id: ID } },
  ),
]);
