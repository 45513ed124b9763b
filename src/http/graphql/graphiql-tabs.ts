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

/** What the page replaces in variables and headers before it sends them, with where the value is in a response. */
export const CARRIED = Object.freeze({
  'PASTE-TOKEN-ID': [['createToken', 'token', 'id']],
  'PASTE-SECRET': [
    ['createToken', 'secret'],
    ['regenerateToken', 'secret'],
  ],
  'PASTE-WORKSPACE-ID': [['workspaces', 'nodes', '0', 'id']],
  'PASTE-CHANNEL-ID': [['createChannel', 'channel', 'id']],
});

type Placeholder = keyof typeof CARRIED;

const TOKEN_ID: Placeholder = 'PASTE-TOKEN-ID';
const SECRET: Placeholder = 'PASTE-SECRET';
const WORKSPACE_ID: Placeholder = 'PASTE-WORKSPACE-ID';
const CHANNEL_ID: Placeholder = 'PASTE-CHANNEL-ID';

const AS_TOKEN = { Authorization: `Bearer ${SECRET}` };

/** The tabs that GraphiQL opens with. In order, they make, use, change, stop and delete a token. */
export const GRAPHIQL_TABS: readonly Tab[] = Object.freeze([
  tab(
    `
# 1. Sign in. Enter your password in the
#    variables below and press Ctrl-Enter. This
#    sets a cookie that the other tabs use. If
#    Postern generated your password, sign in to
#    the console first and choose your own.
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
# 2. Create a personal token that can only
#    read. The secret appears only in this
#    response. The other tabs fill in its id and
#    its secret where PASTE-… stands.
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
    {
      input: {
        name: 'My first token',
        access: 'SCOPED',
        scopes: [
          { entityType: 'workspace', operations: ['READ', 'LIST'] },
          { entityType: 'channel', operations: ['READ', 'LIST', 'SUBSCRIBE'] },
        ],
        expires: { after: 'P30D' },
      },
    },
  ),
  tab(
    `
# 3. Use the token. The header below overrides
#    your session, so this tab acts as the token.
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
  workspaces(first: 1) {
    nodes {
      id
      name
    }
  }
}`,
    {},
    AS_TOKEN,
  ),
  tab(
    `
# 4. See a refusal. The token has no scope for
#    tokens, so extensions.code is FORBIDDEN and
#    extensions.required says what is missing.
query Refused {
  tokens {
    totalCount
  }
}`,
    {},
    AS_TOKEN,
  ),
  tab(
    `
# 5. List your tokens, most recently used
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
# 6. Change the token's permissions. The
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
        id: TOKEN_ID,
        name: 'Follows channels',
        access: 'SCOPED',
        scopes: [{ entityType: 'channel', operations: ['READ', 'SUBSCRIBE'] }],
      },
    },
  ),
  tab(
    `
# 7. Create a channel in the workspace of tab 3.
mutation CreateChannel($input: CreateChannelInput!) {
  createChannel(input: $input) {
    channel {
      id
      name
    }
  }
}`,
    { input: { workspaceId: WORKSPACE_ID, name: 'From GraphiQL' } },
  ),
  tab(
    `
# 8. Follow the channel as the token. Run this,
#    then publish on the page of the channel in
#    the console.
subscription Follow($channelId: ID!) {
  channelMessages(channelId: $channelId) {
    id
    payload
    publishedAt
  }
}`,
    { channelId: CHANNEL_ID },
    AS_TOKEN,
  ),
  tab(
    `
# 9. Disable the token, see tab 3 fail, and
#    enable it again with the same secret. Put
#    the cursor into one of the operations.
mutation DisableToken($id: ID!) {
  disableToken(input: { id: $id }) {
    token {
      status
    }
  }
}

mutation EnableToken($id: ID!) {
  enableToken(input: { id: $id }) {
    token {
      status
    }
  }
}`,
    { id: TOKEN_ID },
  ),
  tab(
    `
# 10. Regenerate the secret. The old secret
#     stops working immediately.
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
    { input: { id: TOKEN_ID } },
  ),
  tab(
    `
# 11. Revoke the token. Its secret stops working
#     permanently; tab 10 issues a new one.
mutation RevokeToken($input: RevokeTokenInput!) {
  revokeToken(input: $input) {
    token {
      status
      revokedAt
    }
  }
}`,
    { input: { id: TOKEN_ID } },
  ),
  tab(
    `
# 12. Delete the token. The audit log keeps a
#     record.
mutation DeleteToken($input: DeleteTokenInput!) {
  deleteToken(input: $input) {
    deletedTokenId
  }
}`,
    { input: { id: TOKEN_ID } },
  ),
]);
