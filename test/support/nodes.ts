import { PASSWORD } from './app.ts';
import { type AtEnd, temporaryFolder } from './folder.ts';
import { type MainProcess, startMain } from './main-process.ts';

/** The account that the first node creates. */
export const OWNER = 'owner@example.com';

/** A server process on a database that it shares with others. */
export interface Node {
  readonly process: MainProcess;
  readonly origin: string;
}

/** A response of a node: its data, and the code of the first error. */
export interface Reply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly data: Record<string, any>;
  readonly code: string | undefined;
}

/** Starts a server on a database. It ends with the test at the latest, or at another end. */
export async function startNode(databaseUrl: string, atEnd?: AtEnd): Promise<Node> {
  const env = {
    DATABASE_URL: databaseUrl,
    POSTERN_OWNER_EMAIL: OWNER,
    POSTERN_OWNER_PASSWORD: PASSWORD,
    POSTERN_REFUSALS_PER_MINUTE: '0',
  };
  const process = startMain(temporaryFolder(atEnd), env, [], atEnd);
  const [, origin] = await process.says(/listens on (\S+)/);
  return { process, origin: origin as string };
}

/** Posts GraphQL to a node. Rejects if no node responds. */
export async function post(node: Node, query: string, secret?: string): Promise<Reply> {
  const response = await fetch(`${node.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(secret && { authorization: `Bearer ${secret}` }) },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: any[] };
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    data,
    code: errors?.[0]?.extensions.code,
  };
}

/** Signs the owner in; returns the secret of the session. */
export async function signIn(node: Node): Promise<string> {
  const { data } = await post(
    node,
    `mutation { signIn(input: {email: "${OWNER}", password: "${PASSWORD}"}) { sessionToken } }`,
  );
  return data.signIn.sessionToken;
}

/** Creates a token for the owner. */
export async function createToken(node: Node, session: string): Promise<{ id: string; secret: string }> {
  const { data } = await post(
    node,
    'mutation { createToken(input: {name: "a", access: FULL}) { secret token { id } } }',
    session,
  );
  return { id: data.createToken.token.id, secret: data.createToken.secret };
}

/** Revokes a token. */
export function revokeToken(node: Node, session: string, id: string): Promise<Reply> {
  return post(node, `mutation { revokeToken(input: {id: "${id}"}) { token { status } } }`, session);
}

/** The fetch of a client that knows only the path. */
export function fetchAt(node: Node): { fetch(request: Request): Promise<Response> } {
  return {
    fetch: async (request) => {
      const { method, headers } = request;
      return fetch(node.origin + new URL(request.url).pathname, {
        method,
        headers,
        body: await request.text(),
      });
    },
  };
}
