import type { OperatorService } from '../../src/services/accounts/operator.ts';
import type { Mutate } from '../seed/client.ts';
import { SEED_OWNER, SEED_PASSWORD } from '../seed/scenes.ts';
import type { Ids } from './states.ts';

/** Names that layouts break on: emoji with joiners, scripts from right to left, scripts without spaces, and long words. */
const NAMES = [
  '👩‍👩‍👧‍👦 Family deploy 🏳️‍🌈',
  'رمز نشر التطبيق',
  'デプロイ用アクセストークン本番環境',
  'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenveröffentlichung',
] as const;

const PEOPLE = [
  ['miriam@example.com', 'מרים כהן', 'TEAM_MEMBER'],
  ['taro@example.com', '山田 太郎', 'VIEWER'],
  [
    'jose.maria.fernandez.castaneda@long-department-name.example.com',
    'José-María Fernández-Castañeda',
    'VIEWER',
  ],
] as const;

/** Adds a federation with a long claim; returns its id. */
async function addFederation(
  mutate: Mutate,
  { workspaceId, issuer, owner }: { workspaceId: string; issuer: string; owner: string },
): Promise<string> {
  const claims = [
    { name: 'repository_owner_id', value: '65' },
    { name: 'sub', value: `repo:${NAMES[3]}/${NAMES[3]}:ref:refs/heads/main` },
  ];
  const input = { workspaceId, name: NAMES[3], issuer, claims, role: 'TEAM_MEMBER' };
  return (await mutate('createFederation', input, owner)).id;
}

/** Adds a workspace that is closed to personal tokens, and a token with a scope in it; returns the id of the token. */
async function addBlockedToken(mutate: Mutate, owner: string): Promise<string> {
  const { id: workspaceId } = await mutate('createWorkspace', { name: 'Payments (closed)' }, owner);
  const scopes = [{ entityType: 'channel', workspaceId, operations: ['READ', 'LIST', 'PUBLISH'] }];
  const { id } = await mutate(
    'createToken',
    { name: 'Blocked by a policy', access: 'SCOPED', scopes },
    owner,
  );
  await mutate('updateTokenPolicy', { workspaceId, personalTokens: 'FORBIDDEN', maxLifetime: 'P7D' }, owner);
  return id;
}

/** Adds a workspace with members, tokens and a channel of such names; returns the ids of what has a page. */
export async function addOddNames(
  mutate: Mutate,
  operator: Pick<OperatorService, 'createUser'>,
  issuer: string,
): Promise<Ids & { readonly workspaceTokenId: string; readonly blockedTokenId: string }> {
  const { secret: owner } = await mutate('signIn', { email: SEED_OWNER, password: SEED_PASSWORD });
  const { id: workspaceId } = await mutate('createWorkspace', { name: 'فريق البنية التحتية 👨‍👩‍👧' }, owner);
  for (const [email, name, role] of PEOPLE) {
    await operator.createUser({ email, name, password: SEED_PASSWORD });
    const { secret } = await mutate('inviteMember', { workspaceId, email, role }, owner);
    const { secret: session } = await mutate('signIn', { email, password: SEED_PASSWORD });
    await mutate('acceptInvitation', { secret }, session);
  }
  const operations = [
    { name: 'READ' },
    {
      name: 'APPROVE_PAYMENT',
      description: `Approves it. ${NAMES[3]}`,
      role: 'ADMINISTRATOR',
    },
  ];
  const type = { workspaceId, name: 'invoice', description: NAMES.join(', '), operations };
  await mutate('registerEntityType', type, owner);
  const channels: string[] = [];
  for (const name of NAMES) channels.push((await mutate('createChannel', { workspaceId, name }, owner)).id);
  const [channelId = ''] = channels;
  const payload = { text: 'نُشر الإصدار 42 👩🏽‍💻', url: `https://example.com/${'a'.repeat(120)}` };
  await mutate('publishMessage', { channelId, payload }, owner);
  await mutate(
    'shareChannel',
    { id: channelId, email: 'linus@example.com', operations: ['READ', 'PUBLISH'] },
    owner,
  );
  const tokens: string[] = [];
  const workspaceTokens: string[] = [];
  for (const name of NAMES) {
    const scopes = channels.map((entityId) => ({
      entityType: 'channel',
      entityId,
      operations: ['READ', 'PUBLISH'],
    }));
    const described = { name, description: `${name}: ${NAMES.join(', ')}` };
    tokens.push((await mutate('createToken', { ...described, access: 'SCOPED', scopes }, owner)).id);
    const role = 'TEAM_MEMBER';
    workspaceTokens.push(
      (await mutate('createWorkspaceToken', { ...described, workspaceId, role }, owner)).id,
    );
  }
  const [tokenId = '', workspaceTokenId = ''] = [tokens[1], workspaceTokens[3]];
  return {
    workspaceId,
    tokenId,
    blockedTokenId: await addBlockedToken(mutate, owner),
    workspaceTokenId,
    channelId,
    federationId: await addFederation(mutate, { workspaceId, issuer, owner }),
  };
}
