import { parseArgs } from 'node:util';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import type { UnitOfWork } from '../../src/services/transactions/unit-of-work.ts';
import { openDatabase } from '../../src/storage/open.ts';
import type { TokenListOrder } from '../../src/storage/repositories/token-lists.ts';
import { reportLoop } from '../measured.ts';
import { keySecretOf, subjectOf } from '../seed-keys.ts';

// Does one action on the keys of a workspace, in process.
const { values } = parseArgs({
  options: { keys: { type: 'string', default: '0' }, action: { type: 'string', default: '' } },
});
const keys = Number(values.keys);
const { limits, ...config } = readConfig({ ...process.env, POSTERN_LOG_LEVEL: 'warn' });
const database = await openDatabase(config.databaseUrl);
const { tokens, workspaces, access, authentication, changes } = (
  await createApp(
    { ...config, limits: { ...limits, tokensPerWorkspace: Number.MAX_SAFE_INTEGER } },
    { database },
  )
).services;
const { id: workspaceId } = await database.db.selectFrom('workspaces').select('id').executeTakeFirstOrThrow();

const credentialOf = (n: number) =>
  ({ kind: 'WORKSPACE', digest: digestOf(keySecretOf(n)), source: 'bearer' }) as const;
const backend = {
  credential: credentialOf(keys),
  holder: { on: 'workspace', id: workspaceId },
  address: '127.0.0.1',
  userAgent: null,
  requestId: 'bench',
} as const;

function change<T>(work: (uow: UnitOfWork) => Promise<T>): Promise<T> {
  return changes.run(backend, { kind: 'role', role: 'ADMINISTRATOR', workspaceId }, work);
}

const create = (subject: string) =>
  change((uow) =>
    tokens.createForWorkspace(uow, {
      workspaceId,
      name: 'new',
      role: 'TEAM_MEMBER',
      access: 'SCOPED',
      scopes: [],
      subject,
    }),
  );

const list = (filter: object, order?: TokenListOrder) =>
  tokens.listForWorkspace(workspaceId, { first: 20 }, filter, order);

/** The actions, by name. */
const ACTIONS: Readonly<Record<string, (turn: number) => Promise<unknown>>> = {
  create: (turn) => create(`new ${turn}`),
  async verify(turn) {
    const principal = await authentication.authenticate(credentialOf((turn * 1000) % keys), null);
    return access.check(principal, { operation: 'READ', entityType: 'channel' });
  },
  newest: () => list({}),
  'by name': () => list({}, { field: 'NAME', direction: 'ASC' }),
  'by expiry': () => list({}, { field: 'EXPIRES_AT', direction: 'ASC' }),
  'by last use': () => list({}, { field: 'LAST_USED_AT', direction: 'ASC' }),
  'of a subject': (turn) => list({ subject: subjectOf((turn * 1000) % keys) }),
  disabled: () => list({ status: ['DISABLED'] }),
  'search without a hit': () => list({ search: 'nothing has this name' }),
  summary: () => tokens.summarizeForWorkspace(workspaceId),
  async 'create and end a subject'(turn) {
    await create(`short ${turn}`);
    return change((uow) => tokens.endSubject(uow, { workspaceId, subject: `short ${turn}` }));
  },
  'change of policy': (turn) =>
    change((uow) => workspaces.updatePolicy(uow, { workspaceId, requireExpiry: turn % 2 === 0 })),
  'what a policy cuts off': () => workspaces.previewPolicy({ workspaceId, maxLifetime: 'P301D' }),
};

const action = ACTIONS[values.action];
if (!action) throw new Error(`no action ${values.action}`);
reportLoop(action);
