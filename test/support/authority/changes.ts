import type { Rank } from '../oracle.ts';
import { RANKS, reaches } from '../oracle.ts';
import type { Random } from '../random.ts';
import { place, randomScopes, run, type Scenario } from './scenario.ts';

type Change = (random: Random, scenario: Scenario) => Promise<void>;

/** A member who leaves or gets a lower role loses the shares of channels there. */
function takeBackShares({ shares, facts }: Scenario, personId: string, workspaceId: string): void {
  for (const [channel, held] of shares) {
    if (facts.channel(channel)?.workspace === workspaceId) delete held[personId];
  }
}

/** A person joins, changes role or leaves. */
async function changeMember(random: Random, scenario: Scenario): Promise<void> {
  const { postern, admin, people, workspaces, roles } = scenario;
  const person = random.pick(people);
  const workspaceId = random.pick(workspaces);
  const key = place(person.id, workspaceId);
  const role: Rank = random.pick(RANKS);
  const target = { workspaceId, userId: person.id };
  const present = roles.get(key);
  if (present === undefined) {
    const invitation = { workspaceId, email: person.email, role };
    const { invitationSecret } = await run(
      postern,
      admin.session,
      'inviteMember',
      invitation,
      'invitationSecret',
    );
    await run(postern, person.session, 'acceptInvitation', { secret: invitationSecret });
    roles.set(key, role);
  } else if (random.chance(0.4)) {
    await run(postern, random.chance(0.5) ? admin.session : person.session, 'removeMember', target);
    roles.delete(key);
    takeBackShares(scenario, person.id, workspaceId);
  } else {
    await run(postern, admin.session, 'updateMemberRole', { ...target, role });
    roles.set(key, role);
    if (!reaches(role, present)) takeBackShares(scenario, person.id, workspaceId);
  }
}

async function changePolicy(
  random: Random,
  { postern, admin, workspaces, policies }: Scenario,
): Promise<void> {
  const workspaceId = random.pick(workspaces);
  const policy = { personal: random.chance(0.7), maxDays: random.pick([null, null, 5, 20]) };
  const maxLifetime = policy.maxDays === null ? null : `P${policy.maxDays}D`;
  const personalTokens = policy.personal ? 'ALLOWED' : 'FORBIDDEN';
  await run(postern, admin.session, 'updateTokenPolicy', { workspaceId, personalTokens, maxLifetime });
  policies.set(workspaceId, policy);
}

async function changeToken(random: Random, scenario: Scenario): Promise<void> {
  const token = random.pick(scenario.tokens);
  if (random.chance(0.15)) {
    await run(scenario.postern, token.owner.session, 'updateToken', { id: token.id, access: 'FULL' });
    Object.assign(token, { access: 'FULL', scopes: [] });
    return;
  }
  const scopes = randomScopes(random, scenario, token.owner);
  await run(scenario.postern, token.owner.session, 'updateToken', { id: token.id, access: 'SCOPED', scopes });
  Object.assign(token, { access: 'SCOPED', scopes });
}

async function changeShare(
  random: Random,
  { postern, admin, people, channels, shares }: Scenario,
): Promise<void> {
  const person = random.pick(people);
  const id = random.pick(channels);
  const held = shares.get(id) as Record<string, readonly string[]>;
  if (held[person.id] && random.chance(0.5)) {
    await run(postern, admin.session, 'unshareChannel', { id, userId: person.id });
    delete held[person.id];
    return;
  }
  const operations = [random.pick(['READ', 'PUBLISH'] as const), ...random.some(['LIST', 'UPDATE'] as const)];
  await run(postern, admin.session, 'shareChannel', { id, email: person.email, operations });
  held[person.id] = operations;
}

async function changeRegistration(
  random: Random,
  { postern, admin, workspaces, registered }: Scenario,
): Promise<void> {
  const workspaceId = random.pick(workspaces);
  if (registered.has(workspaceId) && random.chance(0.3)) {
    await run(postern, admin.session, 'unregisterEntityType', { workspaceId, name: 'invoice' });
    registered.delete(workspaceId);
    return;
  }
  const declared: Record<string, Rank> = {};
  for (const name of ['READ', ...random.some(['UPDATE', 'REFUND', 'REFUND_ALL'])]) {
    declared[name] = random.pick(RANKS);
  }
  const operations = Object.entries(declared).map(([name, role]) => ({ name, role }));
  await run(postern, admin.session, 'registerEntityType', { workspaceId, name: 'invoice', operations });
  registered.set(workspaceId, declared);
}

const CHANGES: readonly Change[] = [
  changeMember,
  changeMember,
  changeMember,
  changePolicy,
  changeToken,
  changeToken,
  changeToken,
  changeShare,
  changeRegistration,
];

/** Changes something in the scenario through the API, and records it. */
export async function changeSomething(random: Random, scenario: Scenario): Promise<void> {
  await random.pick(CHANGES)(random, scenario);
}
