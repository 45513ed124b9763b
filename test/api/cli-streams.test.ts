import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { postern, type ServerProcess, startServer } from '../support/cli.ts';
import { temporaryFolder } from '../support/folder.ts';

const OWNER = 'owner@example.com';
const PASSWORD = 'correct horse battery staple';
const PROMPTLY = 1_000;

async function follow({ origin }: ServerProcess, secret: string, channelId: string) {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: {
      accept: 'text/event-stream',
      'content-type': 'application/json',
      authorization: `Bearer ${secret}`,
    },
    body: JSON.stringify({
      query: `subscription { channelMessages(channelId: "${channelId}") { payload } }`,
    }),
  });
  /** Resolves when the stream has ended, to that time. */
  async function end(): Promise<number> {
    expect(await response.text()).toMatch(/^(:\n\n)*event: complete\ndata:\n\n$/);
    return performance.now();
  }
  return { end };
}

test.each([
  ['the owner of its token is deactivated', `user deactivate ${OWNER}`],
  ['the tokens of its owner are revoked', `tokens revoke --user ${OWNER}`],
])(
  'a stream ends within a second when an operator command has the effect that %s',
  async (_what, command) => {
    const env = {
      DATABASE_URL: `file:${join(temporaryFolder(), 'postern.db')}`,
      POSTERN_OWNER_EMAIL: OWNER,
      POSTERN_OWNER_PASSWORD: PASSWORD,
    };
    const server = await startServer(env);
    onTestFinished(async () => void (await server.stop()));
    const signIn = `mutation { signIn(input: { email: "${OWNER}", password: "${PASSWORD}" }) { sessionToken } }`;
    const session = (await server.post(signIn)).data.signIn.sessionToken;
    const { data } = await server.post('{ workspaces { nodes { id } } }', session);
    const workspaceId = data.workspaces.nodes[0].id;
    const created = await server.post(
      `mutation {
      createChannel(input: { workspaceId: "${workspaceId}", name: "news" }) { channel { id } }
      createToken(input: { name: "t", access: FULL }) { secret }
    }`,
      session,
    );
    const stream = await follow(
      server,
      created.data.createToken.secret,
      created.data.createChannel.channel.id,
    );

    const ended = stream.end();
    expect(await postern(command, { env })).toMatchObject({ code: 0, stderr: '' });
    const done = performance.now();
    expect((await ended) - done).toBeLessThan(PROMPTLY);
  },
);
