import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { toGlobalId } from '../../src/domain/global-id.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { openDatabase } from '../../src/storage/open.ts';
import { reportLoop } from '../measured.ts';
import { keySecretOf } from '../seed-keys.ts';

// Answers `/verify` in process, without sockets, for a key of one kind that is used again and again.

const REGISTERED = 'order';
const SCOPE = { entityType: REGISTERED, operations: ['READ', 'REFUND'] };

/** What the key has and what is asked, by kind. Every question names an entity of a registered type. */
const KINDS: Readonly<Record<string, { readonly operation?: string; readonly key?: object }>> = {
  plain: {},
  'own operation': { operation: 'REFUND' },
  pattern: { key: { scopes: [{ ...SCOPE, entityPattern: 'eu/*' }] } },
  networks: { key: { limits: { networks: ['127.0.0.0/8', '10.0.0.0/8'] } } },
  'requests a minute': { key: { limits: { requestsPerMinute: 1_000_000 } } },
  uses: { key: { limits: { uses: 1_000_000_000 } } },
};

const { values } = parseArgs({
  options: { keys: { type: 'string', default: '0' }, kind: { type: 'string', default: '' } },
});
const kind = KINDS[values.kind];
if (!kind) throw new Error(`no kind ${values.kind}`);

const config = readConfig({ ...process.env, POSTERN_LOG_LEVEL: 'warn' });
const database = await openDatabase(config.databaseUrl);
const app = await createApp(config, { database });
const { changes, tokens, entityTypes } = app.services;
const { id: workspaceId } = await database.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();
const backend = {
  credential: { kind: 'WORKSPACE', digest: digestOf(keySecretOf(Number(values.keys))), source: 'bearer' },
  holder: { on: 'workspace', id: workspaceId },
  address: '127.0.0.1',
  userAgent: null,
  requestId: 'bench',
} as const;

const { secret } = await changes.run(
  backend,
  { kind: 'role', role: 'ADMINISTRATOR', workspaceId },
  async (uow) => {
    const operations = [{ name: 'READ' }, { name: 'REFUND', role: 'TEAM_MEMBER' as const }];
    await entityTypes.register(uow, { workspaceId, name: REGISTERED, operations });
    return tokens.createForWorkspace(uow, {
      workspaceId,
      name: 'measured',
      role: 'TEAM_MEMBER',
      access: 'SCOPED',
      scopes: [SCOPE],
      ...kind.key,
    });
  },
);

const url = new URL('http://postern.test/verify');
url.search = String(
  new URLSearchParams({
    operation: kind.operation ?? 'READ',
    entityType: REGISTERED,
    entityId: 'eu/1',
    workspaceId: toGlobalId('Workspace', workspaceId),
  }),
);
const authorization = `Bearer ${secret}`;
const request = {
  method: 'GET',
  path: url.pathname,
  search: url.search,
  url,
  signal: new AbortController().signal,
  header: (name: string) => (name === 'authorization' ? authorization : null),
  headerValues: (name: string) => (name === 'authorization' ? [authorization] : []),
  body: async () => new Uint8Array(),
};

reportLoop(async () => {
  const { status } = await app.handle(request, { address: '127.0.0.1' });
  if (status !== 204) throw new Error(`/verify responded with ${status}`);
});
