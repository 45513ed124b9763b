import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PersonalTokenPrincipal } from '../../src/domain/principal.ts';
import type { Role } from '../../src/domain/roles.ts';
import { digestOf } from '../../src/platform/hashing.ts';
import { type Person, startTestApp, type TestApp } from '../support/app.ts';
import { mutate } from '../support/channels.ts';
import { createPersonalToken, type IssuedToken } from '../support/tokens.ts';

let postern: TestApp;
let person: Person;
let token: IssuedToken;

beforeEach(async () => {
  postern = await startTestApp();
  person = await postern.person('Ines');
  token = await createPersonalToken(postern, person.session);
});
afterEach(() => postern.close());

/** Returns the role in a workspace without a policy that a request with the token finds. */
async function openRole(): Promise<Role | null> {
  const credential = { kind: 'PERSONAL', digest: digestOf(token.secret), source: 'bearer' } as const;
  const principal = await postern.app.services.authentication.identify(credential);
  return (principal as PersonalTokenPrincipal).openRole;
}

/** Makes the person a member of another workspace. */
function join(role: Role, name: string = role): Promise<string> {
  return postern.workspace(name, [
    [postern.owner, 'OWNER'],
    [person, role],
  ]);
}

async function change(field: string, input: object): Promise<void> {
  const { errors } = await mutate(postern, field, input, postern.owner.session, '__typename');
  expect(errors).toEqual([]);
}

test('is the highest one, as of the present request', async () => {
  expect(await openRole()).toBeNull();
  const first = await join('VIEWER');
  expect(await openRole()).toBe('VIEWER');
  const second = await join('WORKSPACE_MANAGER');
  expect(await openRole()).toBe('WORKSPACE_MANAGER');
  await change('updateMemberRole', { workspaceId: second, userId: person.id, role: 'TEAM_MEMBER' });
  expect(await openRole()).toBe('TEAM_MEMBER');
  await change('removeMember', { workspaceId: second, userId: person.id });
  expect(await openRole()).toBe('VIEWER');
  await change('deleteWorkspace', { id: first });
  expect(await openRole()).toBeNull();
});

test.each([{ personalTokens: 'FORBIDDEN' }, { maxLifetime: 'P365D' }, { ownerSeenWithin: 'P365D' }])(
  'is in no workspace with the policy %j',
  async (policy) => {
    const workspaceId = await join('VIEWER');
    await change('updateTokenPolicy', { workspaceId, ...policy });
    expect(await openRole()).toBeNull();
  },
);

test('is not searched for among all memberships', async () => {
  await join('VIEWER');
  for (let count = 0; count < 4; count++) {
    const workspaceId = await join('ADMINISTRATOR', `Team ${count}`);
    await change('updateTokenPolicy', { workspaceId, personalTokens: 'FORBIDDEN' });
  }
  expect(await openRole()).toBeNull();
});
