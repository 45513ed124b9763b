/** A minimal client of one server. */
export interface Client {
  /** Posts GraphQL. Rejects without a whole response; throws if the response has an error. */
  post(query: string): Promise<Record<string, any>>;
  /** The response of `/verify` to a secret: the status, and the code of a refusal. */
  verify(secret: string): Promise<string>;
}

/** A response that is no success: the server has acknowledged nothing. */
export class Refused extends Error {}

/** A client of the server at an origin, with a session of its own. */
export function createClient(origin: string, session: string | null): Client {
  return {
    async post(query) {
      const response = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(session !== null && { Authorization: `Bearer ${session}` }),
        },
        body: JSON.stringify({ query }),
      });
      const { data, errors } = (await response.json()) as { data: Record<string, any>; errors?: unknown };
      if (errors) throw new Refused(JSON.stringify(errors));
      return data;
    },

    async verify(secret) {
      const response = await fetch(`${origin}/verify`, { headers: { Authorization: `Bearer ${secret}` } });
      const text = await response.text();
      return text === ''
        ? `${response.status}`
        : `${response.status} ${JSON.parse(text).errors[0].extensions.code}`;
    },
  };
}

/** Signs the owner in; returns the secret of the session. */
export async function signIn(origin: string, email: string, password: string): Promise<string> {
  const { signIn: payload } = await createClient(origin, null).post(
    `mutation { signIn(input: { email: "${email}", password: "${password}" }) { sessionToken } }`,
  );
  return payload.sessionToken;
}
