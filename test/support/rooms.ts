import { posix } from 'node:path';
import type { SourceFile } from './source.ts';

/** The rooms of a floor by path below it, each with the rooms that it can import. A room is a folder or a single file. */
type Rooms = Readonly<Record<string, readonly string[]>>;

/** What every service can import. */
const SERVICE_BASE = [
  'counted-page.ts',
  'access',
  'access/delegation.ts',
  'transactions',
  'transactions/events.ts',
  'transactions/locks.ts',
  'transactions/transact.ts',
];

/** What every page of the console can import. */
const WEB_BASE = [
  'labels.ts',
  'roles.ts',
  'generated',
  'api',
  'components',
  'not-found-page.tsx',
  'gone.tsx',
];

/** The rooms of each floor, with what each of them can import of its own floor. */
export const ROOMS: Readonly<Record<string, Rooms>> = {
  'src/storage': {
    '.': [],
    query: ['.'],
    repositories: ['.', 'query'],
    'repositories/accounts': ['.', 'query', 'repositories'],
    'repositories/ends': ['.', 'query', 'repositories'],
    'repositories/federation': ['.'],
    sqlite: ['.'],
    postgres: ['.'],
    'open.ts': ['.', 'sqlite', 'postgres'],
    'migrations.ts': ['.', 'sqlite'],
    'restore.ts': ['.', 'sqlite', 'open.ts', 'migrations.ts'],
    'transfer.ts': ['.', 'migrations.ts'],
  },
  'src/services': {
    'counted-page.ts': [],
    'lookups.ts': [],
    'errors.ts': [],
    'transactions/events.ts': [],
    'transactions/locks.ts': ['access'],
    'transactions/transact.ts': [],
    access: ['transactions/events.ts', 'transactions/transact.ts'],
    transactions: ['access', 'transactions/events.ts', 'transactions/locks.ts', 'transactions/transact.ts'],
    'access/delegation.ts': ['access', 'transactions'],
    // The ends of shares and invitations, and of tokens, which several rooms cause.
    'workspaces/grant-ends.ts': ['transactions'],
    'tokens/descendants.ts': ['transactions', 'workspaces/grant-ends.ts'],
    'tokens/ends.ts': ['transactions', 'workspaces/grant-ends.ts', 'tokens/descendants.ts'],
    'tokens/lifecycle.ts': ['transactions', 'workspaces/grant-ends.ts', 'tokens/descendants.ts'],
    'tokens/take-back.ts': [
      'transactions',
      'transactions/locks.ts',
      'workspaces/grant-ends.ts',
      'workspaces',
      'tokens/descendants.ts',
      'tokens/lifecycle.ts',
    ],
    'federation/ends.ts': ['transactions', 'tokens/descendants.ts'],
    workspaces: [
      ...SERVICE_BASE,
      'workspaces/grant-ends.ts',
      'tokens/descendants.ts',
      'tokens/ends.ts',
      'federation/ends.ts',
    ],
    tokens: [
      ...SERVICE_BASE,
      'workspaces/grant-ends.ts',
      'tokens/descendants.ts',
      'tokens/ends.ts',
      'tokens/lifecycle.ts',
      'tokens/take-back.ts',
      'workspaces',
    ],
    channels: SERVICE_BASE,
    accounts: [
      ...SERVICE_BASE,
      'workspaces/grant-ends.ts',
      'tokens/descendants.ts',
      'tokens/ends.ts',
      'federation/ends.ts',
      'workspaces',
    ],
    identity: [...SERVICE_BASE, 'accounts', 'workspaces'],
    directory: [...SERVICE_BASE, 'accounts', 'identity'],
    device: [...SERVICE_BASE, 'accounts', 'tokens'],
    federation: [
      ...SERVICE_BASE,
      'federation/ends.ts',
      'identity',
      'tokens',
      'tokens/descendants.ts',
      'workspaces',
    ],
    maintenance: [...SERVICE_BASE, 'workspaces/grant-ends.ts', 'tokens/ends.ts', 'tokens/take-back.ts'],
    'services.ts': [
      ...SERVICE_BASE,
      'lookups.ts',
      'tokens',
      'workspaces',
      'channels',
      'accounts',
      'identity',
      'directory',
      'device',
      'federation',
      'maintenance',
    ],
  },
  'src/graphql': {
    '.': [],
    schema: ['.'],
    'schema/accounts': ['.', 'schema'],
    'schema/federation': ['.', 'schema'],
    'schema.ts': ['.', 'schema', 'schema/accounts', 'schema/federation'],
  },
  'src/http': {
    'request-context.ts': ['message'],
    message: ['request-context.ts'],
    'metrics.ts': ['request-context.ts'],
    // Types only: the handler that the server serves.
    node: ['message', 'handler.ts'],
    auth: ['message', 'request-context.ts'],
    graphql: ['message', 'request-context.ts', 'auth'],
    endpoints: ['message', 'request-context.ts', 'auth'],
    scim: ['message', 'request-context.ts', 'auth'],
    'handler.ts': ['message', 'request-context.ts', 'auth', 'graphql', 'endpoints', 'scim', 'metrics.ts'],
    'metrics-server.ts': ['metrics.ts', 'node'],
  },
  'src/cli': {
    '.': [],
    commands: ['.'],
    'commands.ts': ['.', 'commands'],
    'run.ts': ['.', 'commands.ts'],
    'main.ts': ['.', 'run.ts'],
  },
  'web/src': {
    'labels.ts': [],
    'roles.ts': ['labels.ts'],
    'lazy-page.ts': [],
    'feedback.tsx': [],
    'version.ts': [],
    generated: [],
    api: ['labels.ts', 'generated'],
    components: ['labels.ts', 'api', 'generated'],
    'not-found-page.tsx': ['components'],
    'gone.tsx': ['components'],
    secrets: ['components'],
    scopes: WEB_BASE,
    help: [...WEB_BASE, 'feedback.tsx'],
    'session/session-gate.tsx': [...WEB_BASE, 'session'],
    drafts: ['components', 'session/session-gate.tsx'],
    audit: WEB_BASE,
    abilities: WEB_BASE,
    session: [...WEB_BASE, 'secrets', 'drafts', 'feedback.tsx', 'version.ts', 'session/session-gate.tsx'],
    tokens: [...WEB_BASE, 'audit', 'secrets', 'abilities', 'scopes', 'drafts', 'session/session-gate.tsx'],
    'new-token': [...WEB_BASE, 'scopes', 'drafts', 'tokens', 'session/session-gate.tsx'],
    account: [...WEB_BASE, 'audit', 'session', 'session/session-gate.tsx'],
    'workspaces/workspace.ts': WEB_BASE,
    device: [...WEB_BASE, 'scopes', 'session/session-gate.tsx'],
    channels: [...WEB_BASE, 'workspaces/workspace.ts', 'drafts'],
    federations: [...WEB_BASE, 'workspaces/workspace.ts', 'drafts', 'scopes', 'tokens'],
    workspaces: [
      ...WEB_BASE,
      'workspaces/workspace.ts',
      'audit',
      'channels',
      'drafts',
      'federations',
      'new-token',
      'scopes',
      'secrets',
      'session',
      'session/session-gate.tsx',
      'tokens',
    ],
    'broken-page.tsx': ['lazy-page.ts', 'components', 'secrets', 'session'],
    'app.tsx': [
      ...WEB_BASE,
      'lazy-page.ts',
      'broken-page.tsx',
      'help',
      'session',
      'session/session-gate.tsx',
      'secrets',
      'new-token',
      'tokens',
      'account',
      'device',
      'channels',
      'workspaces',
    ],
    'main.tsx': ['app.tsx'],
  },
};

/**
 * Returns each file of a floor that belongs to no room, and each import from one room to another that the rooms do not
 * list. Imports from other floors are left out. The room `.` is the files directly on the floor that are no rooms.
 */
export function findRoomViolations(files: readonly SourceFile[], floor: string, rooms: Rooms): string[] {
  const roomOf = (path: string) => {
    const below = posix.relative(floor, path);
    return below in rooms ? below : posix.dirname(below);
  };
  return files
    .filter(({ path }) => path.startsWith(`${floor}/`))
    .flatMap(({ path, imports }) => {
      const room = roomOf(path);
      if (!(room in rooms)) return [`${path} is in no room`];
      return imports
        .filter(({ from, isOurs }) => isOurs && from.startsWith(`${floor}/`) && /\.tsx?$/.test(from))
        .filter(({ from }) => roomOf(from) !== room && !rooms[room]?.includes(roomOf(from)))
        .map(({ from }) => `${path} imports ${from}`);
    });
}
