import { join } from 'node:path';
import { keyOf, seedBetterAuth } from '../better-auth.ts';
import {
  type Contender,
  type Server,
  serverContender,
  startLoad,
  takeTurnsRestarted,
} from '../contenders.ts';
import { startProgram, stopAll, together } from '../processes.ts';
import { get, graphql, KIND, LIST, VIEWER, verify } from '../requests.ts';
import { parentsAmong, secretOf, TOKENS_IN_USE } from '../seed.ts';
import { byCpu, byP99, type Comparison, copySeeded, NO_TARGET, type Setup } from './comparison.ts';

const CONNECTIONS = 32;
/** The number of tokens on the requested page. */
const LISTED = 20;

/** A Postern server on a database file, with additional arguments. */
export function startPostern(url: string, ...args: string[]): Promise<Server> {
  return startProgram('servers/postern', { args, env: { DATABASE_URL: url } });
}

/** graphql-js alone, on the schema of the repository, which the compiled program is two folders below. */
function startBare(): Promise<Server> {
  const schema = join(import.meta.dirname, '../../../schema.graphql');
  return startProgram('servers/graphql-js', { args: [schema] });
}

/** The same schema written the stock way, on a database file of Postern. */
function startStock(url: string, ...flags: string[]): Promise<Server> {
  return startProgram('servers/stock', { args: [url.slice('file:'.length), ...flags] });
}

/** Creates the databases; returns the URLs of Postern's, and the file of better-auth's. */
async function prepareDatabases(setup: Setup) {
  const keys = join(setup.folder, 'keys.db');
  await seedBetterAuth(keys, setup.tokens, false);
  return {
    stock: copySeeded(setup, 'stock.db'),
    stockUnlimited: copySeeded(setup, 'stock-unlimited.db'),
    postern: copySeeded(setup, 'http.db'),
    recording: copySeeded(setup, 'recording.db'),
    forgetful: copySeeded(setup, 'forgetful.db'),
    keys,
  };
}

function startServers(databases: Awaited<ReturnType<typeof prepareDatabases>>) {
  return together({
    constant: startProgram<Server['hello']>('servers/constant'),
    yoga: startProgram<Server['hello']>('servers/yoga'),
    bare: startBare(),
    stock: startStock(databases.stock),
    stockUnlimited: startStock(databases.stockUnlimited, '--no-body-limit'),
    postern: startPostern(databases.postern),
    // A pair that differs in nothing else, earlier requests included.
    recording: startPostern(databases.recording),
    forgetful: startPostern(databases.forgetful, '--no-last-use'),
    betterAuth: startProgram<Server['hello']>('servers/better-auth', { args: [databases.keys] }),
    load: startLoad(),
  });
}

type Servers = Awaited<ReturnType<typeof startServers>>;

/** Throws unless both responses have as many headers, and every list as many tokens as requested. */
async function checkAnswers({ constant, bare, stock, stockUnlimited, postern }: Servers): Promise<void> {
  const ask = ({ hello }: Server, path: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${hello.port}${path}`, init);
  const headers = { Authorization: `Bearer ${secretOf(0)}`, 'Content-Type': 'application/json' };

  const verified = await ask(postern, '/verify?operation=READ&entityType=workspace', { headers });
  const empty = await ask(constant, '/');
  const [ours, theirs] = [verified, empty].map((response) => [...response.headers].length);
  if (ours !== theirs) throw new Error(`/verify sends ${ours} headers, the constant 204 ${theirs}`);

  const body = JSON.stringify({ query: LIST });
  for (const server of [postern, bare, stock, stockUnlimited]) {
    const listed = await ask(server, '/graphql', { method: 'POST', headers, body });
    const { data } = (await listed.json()) as { data: { tokens: { nodes: unknown[] } } };
    if (data.tokens.nodes.length !== LISTED) throw new Error(`a list of ${data.tokens.nodes.length}`);
  }
}

function contendersFor(servers: Servers, tokens: number) {
  const { constant, yoga, bare, stock, stockUnlimited, postern, recording, forgetful, betterAuth, load } =
    servers;
  const numbers = Array.from({ length: TOKENS_IN_USE }, (_, n) => n);
  const secrets = numbers.map(secretOf);
  const parents = secrets.slice(0, parentsAmong(tokens));
  const asked = (name: string, server: Server, requests: readonly string[]): Contender =>
    serverContender(name, server, load, { connections: CONNECTIONS, requests });
  const queries = (query: string, by: readonly string[]) => by.map((secret) => graphql(query, secret));
  const viewers = queries(VIEWER, secrets);
  const lists = queries(LIST, parents);
  const verifications = secrets.map(verify);
  const keys = numbers.map((n) => get('/', [`X-Api-Key: ${keyOf(n)}`]));
  return [
    // Both receive the same requests as Postern.
    asked('node:http, constant POST', constant, viewers),
    asked('node:http, constant 204', constant, verifications),
    asked('stock Yoga, one field, no authentication', yoga, [graphql('{ viewer { id } }', null)]),
    asked('graphql-js alone, viewer', bare, viewers),
    asked('graphql-js alone, tokens(first: 20), ten fields', bare, lists),
    asked('stock server, viewer', stock, viewers),
    asked('stock server, viewer, no body limit', stockUnlimited, viewers),
    asked('stock server, tokens(first: 20), ten fields', stock, lists),
    asked('stock server, tokens(first: 20), no body limit', stockUnlimited, lists),
    asked('Postern, viewer', postern, viewers),
    asked('Postern, viewer, one field', postern, queries(KIND, secrets)),
    asked('Postern, tokens(first: 20), ten fields', postern, lists),
    asked('Postern, /verify', postern, verifications),
    asked('Postern, /verify and nothing else', recording, verifications),
    asked('Postern, /verify and nothing else, last use not recorded', forgetful, verifications),
    asked('better-auth, verifyApiKey', betterAuth, keys),
  ] as const;
}

/** Measures everything over HTTP with 32 connections, against a bare server, a stock Yoga, and better-auth. */
export async function compareHttp(setup: Setup): Promise<Comparison> {
  const databases = await prepareDatabases(setup);
  async function start() {
    const servers = await startServers(databases);
    await checkAnswers(servers);
    return { contenders: contendersFor(servers, setup.tokens), stop: () => stopAll(servers) };
  }
  const rows = await takeTurnsRestarted(start, setup);
  const [post, empty, yoga, bareViewer, bareList, ...authenticated] = rows;
  const [stockViewer, freeViewer, stockList, freeList, viewer, oneField, list, ...checks] = authenticated;
  const [verifying, recording, forgetful, betterAuth] = checks;
  return {
    title: 'Over HTTP, 32 connections',
    rows,
    goals: [
      byCpu('viewer against the stock server', viewer, stockViewer, NO_TARGET),
      byCpu('viewer against the stock server without a body limit', viewer, freeViewer, {
        target: 6,
        worthPublishing: 8,
      }),
      byCpu('tokens(first: 20) against the stock server', list, stockList, NO_TARGET),
      byCpu('tokens(first: 20) against the stock server without a body limit', list, freeList, {
        target: 2.7,
        worthPublishing: 3.5,
      }),
      byCpu('viewer against graphql-js alone', viewer, bareViewer, NO_TARGET),
      byCpu('tokens(first: 20) against graphql-js alone', list, bareList, NO_TARGET),
      byCpu('viewer against stock Yoga, one field', viewer, yoga, { target: 3.5, worthPublishing: 5 }),
      byCpu('viewer against constant POST', viewer, post, { target: 0.3, worthPublishing: 0.42 }),
      byCpu('viewer, one field, against stock Yoga, one field', oneField, yoga, NO_TARGET),
      byCpu('viewer, one field, against constant POST', oneField, post, NO_TARGET),
      byCpu('/verify against constant 204', verifying, empty, { target: 0.62, worthPublishing: 0.7 }),
      byCpu('/verify against better-auth', verifying, betterAuth, { target: 30, worthPublishing: 40 }),
      byCpu('last use recorded against not', recording, forgetful, { target: 0.93, worthPublishing: 0.97 }),
      byP99('p99 of viewer against constant POST', viewer, post, { target: 3.5, worthPublishing: 2.5 }),
      byP99('p99 of /verify against constant 204', verifying, empty, { target: 3, worthPublishing: 1.5 }),
    ],
    notes: [],
  };
}
