import type { App } from '../../src/app.ts';
import { createNodeServer } from '../../src/http/node/server.ts';

/** The mutations that the seed sends, by the name of their field. */
const MUTATIONS = {
  signIn: '($input: SignInInput!) { signIn(input: $input) { secret: sessionToken } }',
  createWorkspace:
    '($input: CreateWorkspaceInput!) { createWorkspace(input: $input) { node: workspace { id } } }',
  inviteMember: '($input: InviteMemberInput!) { inviteMember(input: $input) { secret: invitationSecret } }',
  acceptInvitation: '($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { __typename } }',
  createToken: '($input: CreateTokenInput!) { createToken(input: $input) { secret node: token { id } } }',
  createWorkspaceToken:
    '($input: CreateWorkspaceTokenInput!) { createWorkspaceToken(input: $input) { secret node: token { id } } }',
  regenerateToken: '($input: RegenerateTokenInput!) { regenerateToken(input: $input) { secret } }',
  disableToken: '($input: DisableTokenInput!) { disableToken(input: $input) { __typename } }',
  revokeToken: '($input: RevokeTokenInput!) { revokeToken(input: $input) { __typename } }',
  deleteToken: '($input: DeleteTokenInput!) { deleteToken(input: $input) { __typename } }',
  registerEntityType:
    '($input: RegisterEntityTypeInput!) { registerEntityType(input: $input) { __typename } }',
  createFederation:
    '($input: CreateFederationInput!) { createFederation(input: $input) { node: federation { id } } }',
  updateTokenPolicy: '($input: UpdateTokenPolicyInput!) { updateTokenPolicy(input: $input) { __typename } }',
  createChannel: '($input: CreateChannelInput!) { createChannel(input: $input) { node: channel { id } } }',
  shareChannel: '($input: ShareChannelInput!) { shareChannel(input: $input) { __typename } }',
  publishMessage: '($input: PublishMessageInput!) { publishMessage(input: $input) { __typename } }',
} as const;

/** What a mutation created. Each value is empty if the mutation does not return it. */
export interface Created {
  readonly id: string;
  readonly secret: string;
}

/** Sends one mutation, with a bearer secret if given. Throws if the response has errors. */
export type Mutate = (name: keyof typeof MUTATIONS, input: object, secret?: string) => Promise<Created>;

interface GraphqlResult {
  readonly data?: Record<string, { secret?: string; node?: { id: string } } | null>;
  readonly errors?: unknown;
}

/** Serves an app on a free loopback port and returns a client of it. The caller closes the client. */
export async function openClient(app: App): Promise<{ mutate: Mutate; close(): Promise<void> }> {
  const server = createNodeServer(app, { maxConnections: 10 });
  const port = await server.listen(0, '127.0.0.1');
  return {
    async mutate(name, input, secret) {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret && { authorization: `Bearer ${secret}` }),
        },
        body: JSON.stringify({ query: `mutation ${MUTATIONS[name]}`, variables: { input } }),
      });
      const { data, errors } = (await response.json()) as GraphqlResult;
      const payload = data?.[name];
      if (errors || !payload) throw new Error(`${name} failed: ${JSON.stringify(errors)}`);
      return { id: payload.node?.id ?? '', secret: payload.secret ?? '' };
    },
    close: () => server.drain(1000),
  };
}
