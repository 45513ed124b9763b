import type { Credential } from './credentials.ts';
import { failure } from './failure.ts';
import type { Operation } from './generated/operations.ts';

const PATIENCE_MS = 30_000;

interface ApiError {
  readonly message: string;
  readonly extensions?: {
    readonly code?: string;
    readonly reason?: string;
    readonly issues?: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
  };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly ApiError[];
}

/** Sends operations with one credential to its origin. */
export interface Api {
  readonly origin: string;
  /** Returns the result. Throws a failure if the server refuses a part of it, redirects, or cannot be reached. */
  call<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables): Promise<Result>;
}

/** Returns what an error says, with what is wrong with each value. */
function describe({ message, extensions }: ApiError): string {
  if (extensions?.reason === 'REAUTHENTICATION_REQUIRED') {
    return 'This needs a recent sign-in. A command line cannot confirm a password: do this in the console.';
  }
  const issues = (extensions?.issues ?? []).map((issue) => `${issue.path.at(-1)} ${issue.message}`);
  const reason = extensions?.reason ?? extensions?.code;
  return `${message}${issues.length > 0 ? ` ${issues.join('; ')}.` : ''}${reason ? ` (${reason})` : ''}`;
}

/** Sends a request. Throws a failure if there is no response, or a redirect: a credential belongs to one origin. */
export async function send(url: string, init: RequestInit): Promise<Response> {
  const { origin } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
    throw failure(
      'unreachable',
      `${origin} cannot be reached: ${cause?.code ?? cause?.message ?? 'no response'}.`,
    );
  }
  if (response.status >= 300 && response.status < 400) {
    throw failure(
      'unreachable',
      `${origin} redirects, and nothing follows. Use the address that it redirects to.`,
    );
  }
  return response;
}

/** Returns the API for a credential. */
export function createApi({ origin, secret }: Credential): Api {
  return {
    origin,
    async call<Result, Variables>(operation: Operation<Result, Variables>, variables: Variables) {
      const response = await send(`${origin}/graphql`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${secret}`,
          'content-type': 'application/json',
          accept: 'application/json',
          'user-agent': 'pat',
        },
        body: JSON.stringify({ query: operation.text, variables }),
      });
      const answer = (await response.json().catch(() => null)) as Answer | null;
      if (answer?.errors && answer.errors.length > 0) {
        const isBusy = response.status === 429 || response.status === 503;
        throw failure(isBusy ? 'unreachable' : 'refused', answer.errors.map(describe).join('\n'));
      }
      if (!answer?.data)
        throw failure('unreachable', `${origin} does not answer like Postern (${response.status}).`);
      return answer.data as Result;
    },
  };
}
