const JSON_TYPE = 'Content-Type: application/json';

/** An HTTP request as text. */
function request(method: string, path: string, headers: readonly string[], body = ''): string {
  return [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', body].join('\r\n');
}

function bearer(secret: string | null): string[] {
  return secret === null ? [] : [`Authorization: Bearer ${secret}`];
}

/** A GraphQL request over HTTP, with a secret if given. */
export function graphql(query: string, secret: string | null, variables?: object): string {
  const body = JSON.stringify({ query, variables });
  const headers = [JSON_TYPE, ...bearer(secret), `Content-Length: ${Buffer.byteLength(body)}`];
  return request('POST', '/graphql', headers, body);
}

/** A request without a body. */
export function get(path: string, headers: readonly string[] = []): string {
  return request('GET', path, headers);
}

/** A request that checks the one permission of the benchmark. */
export function verify(secret: string): string {
  return get('/verify?operation=READ&entityType=workspace', bearer(secret));
}

export const VIEWER = '{ viewer { kind token { id name } } }';

export const KIND = '{ viewer { kind } }';

export const LIST =
  '{ tokens(first: 20) { nodes { id name identifier maskedSecret access status createdAt expiresAt lastUsedAt role } } }';

/** A request that creates a token with the authority of its owner. */
export function createToken(session: string, name: string): string {
  const mutation =
    'mutation ($input: CreateTokenInput!) { createToken(input: $input) { secret token { id } } }';
  return graphql(mutation, session, { input: { name, access: 'FULL' } });
}
