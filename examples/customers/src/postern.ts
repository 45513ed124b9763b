/** An error of the API of Postern, with the code of its first error. */
export class PosternError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Sends GraphQL to Postern with the token of this backend; resolves with the data. Throws a `PosternError`. */
export type Ask = <Data>(query: string, variables?: object) => Promise<Data>;

/** Returns a function that asks the Postern at a URL. */
export function createAsk(url: string, token: string): Ask {
  return async <Data>(query: string, variables: object = {}) => {
    const response = await fetch(new URL('/graphql', url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(5000),
    });
    const { data, errors = [] } = (await response.json()) as {
      data: Data;
      errors?: { message: string; extensions?: { code?: string } }[];
    };
    const [error] = errors;
    if (error) throw new PosternError(error.extensions?.code ?? 'UNKNOWN', error.message);
    return data;
  };
}
