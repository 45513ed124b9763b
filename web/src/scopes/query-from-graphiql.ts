/** Where GraphiQL leaves the query of its current tab (`src/http/graphql/graphiql-page.ts`). */
const KEY = 'postern.query';

/** A GraphQL document and its variables, both as text. */
export interface GivenQuery {
  readonly document: string;
  readonly variables: string;
}

/** Returns the query that GraphiQL opened this tab with; `null` if there is none. */
export function readQuery(): GivenQuery | null {
  try {
    const query: Partial<GivenQuery> | null = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    const { document, variables } = query ?? {};
    return typeof document === 'string' && typeof variables === 'string' ? { document, variables } : null;
  } catch {
    return null;
  }
}

/** Deletes the query, so that a reload shows an empty field. Its variables can contain secrets. */
export function forgetQuery(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // Without storage there is no query.
  }
}
