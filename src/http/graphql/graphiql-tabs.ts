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

const ID = 'the id from the answer before';

/** The tabs that GraphiQL opens with: a walk through the life of a token. */
export const GRAPHIQL_TABS: readonly Tab[] = Object.freeze([
  tab(
    `
# 1. Sign in: put your password into the
#    variables below, press Ctrl-Enter. It sets
#    a cookie: every tab here then acts for you.
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
# 2. Create a personal token. Its secret is in
#    this answer, and never again. Its access
#    is NONE, SCOPED with scopes, or FULL.
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
# 3. Use it: put the secret into the headers
#    below. They come before the cookie: this
#    tab may do what the token may.
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
    { Authorization: 'Bearer the-secret' },
  ),
  tab(
    `
# 4. List your tokens, the last used first.
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
# 5. Change what it may do. Its secret and
#    its expiry stay as they are.
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
# 6. A new secret for the same token; the old
#    one is dead from the next request on.
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
# 7. Delete it: record and secret are gone,
#    the audit log remembers.
mutation DeleteToken($input: DeleteTokenInput!) {
  deleteToken(input: $input) {
    deletedTokenId
  }
}`,
    { input: { id: ID } },
  ),
]);
