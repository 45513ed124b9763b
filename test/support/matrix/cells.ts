import { getNamedType, isLeafType, isNonNullType } from 'graphql';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config.ts';
import { loadConsole } from '../../../src/http/endpoints/console.ts';
import type { HttpHeaders, HttpResponse } from '../../../src/http/message/message.ts';
import { createLogger } from '../../../src/platform/logger.ts';
import { storeTokenSnapshots } from '../../../src/storage/repositories/token-snapshots.ts';
import { passwords } from '../app.ts';
import { openTestSqlite } from '../database.ts';
import { postJson } from '../fetch.ts';
import type { Refusal, Verdict } from '../oracle.ts';
import { RUN_SETTINGS } from '../run-settings.ts';
import { allFields, type FieldOfType } from '../schema.ts';
import type { Call, Recipe } from './cases.ts';

/** A response, with its text. */
export interface Reply {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly text: string;
  readonly body: {
    data?: Record<string, any> | null;
    errors?: { path?: string[]; extensions: Record<string, any> }[];
  };
}

/** A document with the field under test between two fields that every caller can read. */
export interface Probe {
  readonly query: string;
  /** The path from `data` to the field's value. */
  readonly path: readonly string[];
  /** The path that is `null` when the field is refused: the first nullable one above the field, or `data` itself. */
  readonly nulls: readonly string[];
}

function fieldAt(path: string): FieldOfType {
  const field = allFields().find((each) => each.path === path);
  if (!field) throw new Error(`the schema has no field ${path}`);
  return field;
}

function selectionOf({ field }: FieldOfType): string {
  return isLeafType(getNamedType(field.type)) ? '' : '{ __typename }';
}

/** Returns the document for a field with arguments; for a field of an object, they are the arguments of the root field above. */
export function probeFor(path: string, recipe: Recipe, args: object): Probe {
  const field = fieldAt(path);
  const root = recipe.via ? fieldAt(`Query.${recipe.via}`) : field;
  const given = root.field.args.filter(({ name }) => name in args);
  const declared = given.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const operation = root.type.toLowerCase();
  const below = recipe.via ? `{ cell: ${field.name} ${selectionOf(field)} }` : selectionOf(field);
  const call = `${root.name}${passed && `(${passed})`} ${below}`;
  const ways = recipe.via ? ['object', 'cell'] : ['cell'];
  const nullable = [root, ...(recipe.via ? [field] : [])].map((each) => !isNonNullType(each.field.type));
  const [before, after] =
    operation === 'subscription' ? ['', ''] : ['before: __typename', 'after: __typename'];
  return {
    query: `${operation} ${declared && `(${declared})`} { ${before} ${ways[0]}: ${call} ${after} }`,
    path: ways,
    nulls: ways.slice(0, nullable.lastIndexOf(true) + 1),
  };
}

/** Returns the verdict of a reply. Throws if it is neither a value nor one refusal. */
export function verdictOf({ body }: Reply, { path }: Probe): Verdict {
  const { data, errors = [] } = body;
  const [error, ...others] = errors;
  if (error && others.length === 0) {
    const { code, reason, required } = error.extensions;
    return { code, ...(reason && { reason }), ...(required && { required }) } satisfies Refusal;
  }
  if (error) throw new Error(`more than one error: ${JSON.stringify(errors)}`);
  const value = path.reduce<any>((object, key) => object?.[key], data);
  return value === null || value === undefined ? 'nothing' : 'allowed';
}

/** Returns what is wrong with the form of a refusal at a field; `null` if nothing is. */
export function misshapen({ status, headers, body }: Reply, { nulls, path }: Probe): string | null {
  if (status !== 200) return `status ${status}`;
  if ('www-authenticate' in headers) return 'a challenge';
  const at = body.errors?.[0]?.path?.join('.');
  if (at !== path.join('.') && at !== path[0]) return `the error has the path ${at}`;
  const { data } = body;
  if (isStream(headers)) return data ? 'data' : null;
  if (nulls.length === 0) return data === null ? null : 'data is not null';
  if (!data?.before || !data.after) return 'the other fields are not answered';
  return nulls.reduce<any>((object, key) => object?.[key], data) === null ? null : 'the field is not null';
}

function isStream(headers: HttpHeaders): boolean {
  return headers['content-type']?.startsWith('text/event-stream') ?? false;
}

/** Returns the first event of a stream as JSON, and closes the stream. */
async function firstEvent(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (!/^data: .+$/m.test(text)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the stream ended without an event: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return /^data: (.+)$/m.exec(text)?.[1] as string;
}

/** A Postern that can be reset to its initial state. */
export interface Resettable {
  /** The services of the current server, which `reset` replaces. */
  readonly services: App['services'];
  /** Sends a call. For a stream, sends `trigger` after it opens, and returns the first event. */
  call(call: Call, trigger?: Call): Promise<Reply>;
  /** Whether anything was written since the last call, even if it was rolled back. */
  hasWritten(): boolean;
  /** Whether anything differs from the initial state, except the audit log and the records of uses and attempts. */
  hasChanged(): boolean;
  /** Restores the initial state. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** High limits for tokens and refusals, and no page for browsers. */
export const ENVIRONMENT = {
  POSTERN_TOKENS_PER_USER: '1000',
  POSTERN_REFUSALS_PER_MINUTE: '0',
  POSTERN_GRAPHIQL: 'off',
  POSTERN_PUBLIC_URL: 'http://postern.test',
  POSTERN_OIDC: 'corp',
  POSTERN_OIDC_CORP_CLIENT_ID: 'postern',
  POSTERN_OIDC_CORP_CLIENT_SECRET: 'secret',
  POSTERN_OIDC_CORP_GROUPS: 'engineering',
  POSTERN_FEDERATION: 'github',
  ...RUN_SETTINGS,
} as const;

/** The environment of a matrix with an issuer of JSON Web Tokens. */
type MatrixEnvironment = Readonly<Record<string, string>>;

/** Read once, for hundreds of servers. */
const pages = loadConsole();
const NOTES = ['audit_events', 'credential_uses', 'attempt_counters'];

/** Returns the database with a snapshot of every token, so that the server stores none in the background later. */
async function withTokensKept(bytes: Buffer): Promise<Buffer> {
  const { connection, transact, close } = openTestSqlite(bytes);
  const digests = connection.prepare('select digest from token_secrets').pluck().all() as string[];
  await storeTokenSnapshots(transact, digests);
  const kept = connection.serialize();
  await close();
  return kept;
}

/** Opens a Postern on the bytes of a database, at an instant. */
export async function openResettable(
  given: Buffer,
  now: number,
  environment: MatrixEnvironment,
): Promise<Resettable> {
  const bytes = await withTokensKept(given);
  const config = readConfig(environment);
  const logger = createLogger('silent');
  let database = openTestSqlite(bytes);
  let app: App;
  let beginning = '';
  let writes = 0;

  const writesSoFar = () => database.connection.prepare('select total_changes()').pluck().get() as number;

  function content(): string {
    const tables = database.connection
      .prepare(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' order by name",
      )
      .pluck()
      .all() as string[];
    const kept = tables.filter((name) => !NOTES.includes(name));
    return JSON.stringify(kept.map((name) => database.connection.prepare(`select * from "${name}"`).all()));
  }

  async function open(): Promise<void> {
    app = await createApp(config, { database, logger, pages, passwords, clock: () => now });
    beginning ||= content();
    writes = writesSoFar();
  }

  async function send({ query, variables, secret }: Call): Promise<HttpResponse> {
    const accept = query.startsWith('subscription') ? 'text/event-stream' : 'application/json';
    const headers = { accept, ...(secret ? { authorization: `Bearer ${secret}` } : {}) };
    return postJson(app, '/graphql', { query, variables }, headers);
  }

  await open();
  return {
    get services() {
      return app.services;
    },
    async call(call, trigger) {
      const { status, headers, body } = await send(call);
      if (trigger) await send(trigger);
      const text = isStream(headers)
        ? await firstEvent(body as ReadableStream<Uint8Array>)
        : typeof body === 'string'
          ? body
          : await new Response(body as BodyInit | null).text();
      return { status, headers, text, body: JSON.parse(text) };
    },
    hasWritten() {
      const before = writes;
      writes = writesSoFar();
      return writes > before;
    },
    hasChanged: () => content() !== beginning,
    async reset() {
      await app.close();
      database = openTestSqlite(bytes);
      await open();
    },
    close: () => app.close(),
  };
}
