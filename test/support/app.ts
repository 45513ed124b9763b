import { type App, createApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { toGlobalId } from '../../src/domain/global-id.ts';
import type { Role } from '../../src/domain/roles.ts';
import { DEFAULT_POLICY } from '../../src/domain/workspace.ts';
import { loadConsole } from '../../src/http/endpoints/console.ts';
import { createSessionCookie } from '../../src/http/message/session-cookie.ts';
import { systemIds } from '../../src/platform/ids.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createPasswordHasher } from '../../src/platform/passwords.ts';
import type { Caller } from '../../src/services/access/caller.ts';
import type { DatabaseHandle } from '../../src/storage/database.ts';
import { insertMember } from '../../src/storage/repositories/members.ts';
import { insertWorkspace } from '../../src/storage/repositories/workspaces.ts';
import { openTestDatabase } from './database.ts';
import { fetchFrom, postJson, toResponse } from './fetch.ts';
import { RUN_SETTINGS } from './run-settings.ts';
import { cacheStackFrames } from './stack-traces.ts';

cacheStackFrames();

/** A response of the API as a client sees it. */
export interface Answer<T = Record<string, any>> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: T;
  readonly errors: readonly {
    message: string;
    path?: (string | number)[];
    extensions: Record<string, any>;
  }[];
  /** The code of the first error. */
  readonly code: string | undefined;
}

/** A signed-in user. Ids are global ids. */
export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  /** The bearer secret of a session. */
  readonly session: string;
}

export const PASSWORD = 'correct horse battery staple';
/** Hashes with Argon2id at its lowest cost, because these tests create hundreds of accounts. */
export const passwords = createPasswordHasher({ memoryCost: 8, timeCost: 1, parallelism: 1 });

/** The caller of services that set a test up. */
const SET_UP: Caller = {
  credential: null,
  holder: null,
  address: '127.0.0.1',
  userAgent: null,
  requestId: 'set-up',
};

/** Read once, because it takes longer than the rest of a start. */
const pages = loadConsole();

export const START = Date.UTC(2030, 0, 1, 12);

/** A complete Postern in memory. Its clock stops until a test advances it. */
export interface TestApp {
  readonly app: App;
  /** The database of the server, to inspect and to copy. */
  readonly database: DatabaseHandle;
  /** Every line that the server logged. */
  readonly logs: readonly string[];
  readonly owner: Person;
  /** The name of the session cookie. */
  readonly cookieName: string;
  /** The global id of the workspace that the owner owns. */
  readonly workspaceId: string;
  now(): number;
  advance(milliseconds: number): void;
  fetch(request: Request, address?: string): Promise<Response>;
  /** Posts GraphQL, with a bearer secret if given. */
  post<T = Record<string, any>>(
    query: string,
    variables?: object,
    secret?: string | null,
  ): Promise<Answer<T>>;
  signIn(email: string, password?: string): Promise<string>;
  /** Creates an account and signs in; with a role, also adds the user to the owner's workspace. */
  person(name: string, role?: Role): Promise<Person>;
  /** Creates a workspace with members; returns its global id. */
  workspace(name: string, members: readonly (readonly [Person, Role])[]): Promise<string>;
  close(): Promise<void>;
}

function uuidOf(globalId: string): string {
  return globalId.slice(4).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Returns a function that posts GraphQL to a server without a network, with a bearer secret if given. */
export function createPost(server: Pick<App, 'handle'>): TestApp['post'] {
  return async <T = Record<string, any>>(query: string, variables?: object, secret?: string | null) => {
    const headers: Record<string, string> = secret ? { authorization: `Bearer ${secret}` } : {};
    const response = await postJson(server, '/graphql', { query, variables }, headers);
    const { status, body } = response;
    const value = typeof body === 'string' ? JSON.parse(body) : await toResponse(response).json();
    const { data, errors = [] } = value as { data: T; errors?: Answer['errors'] };
    return {
      status,
      get headers() {
        return toResponse({ ...response, body: null }).headers;
      },
      data,
      errors,
      code: errors[0]?.extensions.code,
    };
  };
}

/**
 * Starts Postern in memory, or on a given database. The configuration is read from `env`; `start` is the first instant of
 * the clock.
 */
export async function startTestApp(
  env: Record<string, string> = {},
  given?: DatabaseHandle,
  start: number = START,
): Promise<TestApp> {
  let now = start;
  const logs: string[] = [];
  const config: Config = readConfig({
    ...RUN_SETTINGS,
    // Tests advance the clock by days between two uses of a session.
    POSTERN_SESSION_IDLE_TIMEOUT: 'never',
    POSTERN_OWNER_EMAIL: 'owner@example.com',
    POSTERN_OWNER_PASSWORD: PASSWORD,
    ...env,
  });
  const database = given ?? (await openTestDatabase());
  const app = await createApp(config, {
    clock: () => now,
    logger: createLogger('info', { write: (line) => void logs.push(line) }),
    database,
    passwords,
    pages,
  });
  const { services } = app;
  const { operator } = services;

  const fetch = (request: Request, address?: string) => fetchFrom(app, request, address);

  const post = createPost(app);

  async function signIn(email: string, password = PASSWORD): Promise<string> {
    const answer = await post('mutation ($input: SignInInput!) { signIn(input: $input) { sessionToken } }', {
      input: { email, password },
    });
    if (answer.errors.length > 0) throw new Error(`${JSON.stringify(answer.errors)}\n${logs.join('')}`);
    return answer.data.signIn.sessionToken;
  }

  /** Signs a user in through the service, which costs less than a request. */
  async function asPerson(email: string): Promise<Person> {
    const { user, secret } =
      config.passwordSignIn === 'on'
        ? await services.sessions.signIn(SET_UP, email, PASSWORD)
        : await services.signInLinks.signIn(SET_UP, (await services.signInLinks.create(email)).secret);
    return { id: toGlobalId('User', user.id), email, password: PASSWORD, session: secret };
  }

  async function join(workspaceId: string, person: Person, role: Role): Promise<void> {
    const member = { workspaceId: uuidOf(workspaceId), userId: uuidOf(person.id), role, joinedAt: now };
    await insertMember(database.db, member);
  }

  const owner = await asPerson('owner@example.com');
  const first = await database.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
  const workspaceId = toGlobalId('Workspace', first.id);
  const installation = await database.db.selectFrom('installation').select('id').executeTakeFirstOrThrow();
  const isSecure = config.publicUrl?.startsWith('https:') ?? false;

  return {
    app,
    database,
    logs,
    owner,
    cookieName: createSessionCookie(installation.id, isSecure).name,
    workspaceId,
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
    fetch,
    post,
    signIn,
    async person(name, role) {
      const email = `${name.toLowerCase()}@example.com`;
      await operator.createUser({ email, name, password: PASSWORD });
      const person = await asPerson(email);
      if (role) await join(workspaceId, person, role);
      return person;
    },
    async workspace(name, members) {
      const id = systemIds();
      await insertWorkspace(database.db, {
        id,
        name,
        slug: name.toLowerCase(),
        createdAt: now,
        policy: DEFAULT_POLICY,
      });
      const globalId = toGlobalId('Workspace', id);
      for (const [person, role] of members) await join(globalId, person, role);
      return globalId;
    },
    close: async () => {
      await app.close();
    },
  };
}
