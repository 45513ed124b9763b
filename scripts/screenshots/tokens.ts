import type { Mutate } from '../seed/client.ts';
import { SEED_OWNER, SEED_PASSWORD } from '../seed/scenes.ts';

const CI_SCOPES = [
  { entityType: 'channel', operations: ['READ', 'LIST', 'PUBLISH'] },
  { entityType: 'workspace', operations: ['READ'] },
];

/** Creates a token of each status, some of them used; returns the id of the last one. `use` sends a request with a token. */
export async function addTokens(mutate: Mutate, use: (secret: string) => Promise<unknown>): Promise<string> {
  const { secret: owner } = await mutate('signIn', { email: SEED_OWNER, password: SEED_PASSWORD });
  const create = (name: string, days: number, rest: object) =>
    mutate('createToken', { name, expires: { after: `P${days}D` }, ...rest }, owner);
  await mutate('createToken', { name: 'Weekend hotfix', access: 'FULL', expires: { after: 'PT1S' } }, owner);
  const notebook = await create('Old notebook', 30, {});
  await mutate('revokeToken', { id: notebook.id }, owner);
  const exporter = await create('Metrics exporter', 30, { description: 'Paused while dashboards move' });
  await mutate('disableToken', { id: exporter.id }, owner);
  await create('Conference demo', 3, {});
  const laptop = await create('Laptop', 30, { access: 'FULL' });
  await use(laptop.secret);
  const scoped = { access: 'SCOPED', description: 'Announces releases', scopes: CI_SCOPES };
  const deploy = await create('CI deploy', 90, scoped);
  await use(deploy.secret);
  return deploy.id;
}
