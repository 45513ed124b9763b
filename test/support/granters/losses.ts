import { HOUR } from '../../../src/domain/duration.ts';
import type { Role } from '../../../src/domain/roles.ts';
import { PASSWORD } from '../app.ts';
import type { IssuedToken } from '../tokens.ts';
import { type Giver, join, LIFETIME, run, SCOPES, type Scene, signInAgain, type Thing } from './scene.ts';

/** A way in which a granter can lose authority, and possibly regain it. */
export interface Loss {
  readonly name: string;
  /** The givers that it affects. */
  readonly of: readonly Giver[];
  lose(scene: Scene): Promise<unknown>;
  /** Restores the authority. Absent if it cannot be restored. */
  regain?(scene: Scene): Promise<unknown>;
  /** The outcome for the thing: it stays, it comes back with the authority, or it is deleted. */
  readonly outcome: GrantOutcome | ((giver: Giver, thing: Thing) => GrantOutcome);
}

export type GrantOutcome = 'unchanged' | 'comes back' | 'deleted';

const NEW_PASSWORD = PASSWORD;
const PERSONAL: readonly Giver[] = ['personal', 'derivedPersonal'];
const WORKSPACE: readonly Giver[] = ['workspace', 'derivedWorkspace'];
const OF_PERSON: readonly Giver[] = ['session', ...PERSONAL];
const OF_ACCOUNT: readonly Giver[] = [...OF_PERSON, 'guest'];
const OF_TOKEN: readonly Giver[] = [...PERSONAL, ...WORKSPACE];
const OF_PARENT: readonly Giver[] = ['derivedPersonal', 'derivedWorkspace'];
/** Givers whose things do not depend on a person. */
const isOfPerson = (giver: Giver) => OF_ACCOUNT.includes(giver);

/** Gives the person, a member, another role. */
function setRole(scene: Scene, role: Role): Promise<unknown> {
  return run(scene, 'updateMemberRole', { ...member(scene), role });
}

const member = ({ workspaceId, person }: Scene) => ({ workspaceId, userId: person.id });

/** Runs a mutation on a token, as the caller who manages it. */
function onToken(scene: Scene, token: IssuedToken, field: string, input: object = {}): Promise<unknown> {
  const isOfWorkspace = token.secret.startsWith('wst_');
  const by = isOfWorkspace ? scene.postern.owner.session : scene.person.session;
  return run(scene, field, { id: token.id, ...input }, by);
}

/** Makes tokens work again, for every way in which they were stopped. */
async function revive(scene: Scene): Promise<void> {
  for (const token of [scene.parent, scene.token]) {
    const expires = { after: token === scene.parent ? LIFETIME.parent : LIFETIME.token };
    if (token) await onToken(scene, token, 'regenerateToken', { expires });
  }
}

/** What can happen to the granting token or to its parent. */
const TOKEN_LOSSES: readonly (Omit<Loss, 'lose' | 'of'> & {
  readonly to: readonly Giver[];
  lose(scene: Scene, token: IssuedToken): Promise<unknown>;
})[] = [
  {
    name: 'is disabled',
    to: OF_TOKEN,
    lose: (scene, token) => onToken(scene, token, 'disableToken'),
    regain: async (scene) => {
      for (const token of [scene.parent, scene.token]) if (token) await onToken(scene, token, 'enableToken');
    },
    outcome: 'comes back',
  },
  {
    name: 'is revoked',
    to: OF_TOKEN,
    lose: (scene, token) => onToken(scene, token, 'revokeToken'),
    regain: revive,
    outcome: (_giver, thing) => (thing === 'share' ? 'comes back' : 'deleted'),
  },
  {
    name: 'is reported as leaked',
    to: OF_TOKEN,
    lose: ({ postern }, { secret }) =>
      postern.post(
        'mutation ($secrets: [String!]!) { reportLeakedSecrets(input: { secrets: $secrets }) { received } }',
        {
          secrets: [secret],
        },
      ),
    regain: revive,
    outcome: 'deleted',
  },
  {
    name: 'is deleted',
    to: OF_TOKEN,
    lose: (scene, token) => onToken(scene, token, 'deleteToken'),
    outcome: 'deleted',
  },
  {
    name: 'loses the scope for SHARE',
    to: PERSONAL,
    lose: (scene, token) =>
      onToken(scene, token, 'updateToken', { scopes: [{ entityType: 'channel', operations: ['READ'] }] }),
    regain: rescope,
    outcome: 'comes back',
  },
  {
    name: 'loses the scope for what it shared',
    to: PERSONAL,
    lose: (scene, token) =>
      onToken(scene, token, 'updateToken', { scopes: [{ entityType: 'channel', operations: ['SHARE'] }] }),
    regain: rescope,
    outcome: 'comes back',
  },
  {
    name: 'gets the access NONE',
    to: PERSONAL,
    lose: (scene, token) => onToken(scene, token, 'updateToken', { access: 'NONE' }),
    regain: rescope,
    outcome: 'comes back',
  },
  {
    name: 'gets a lower role',
    to: WORKSPACE,
    lose: (scene, token) => onToken(scene, token, 'updateToken', { role: 'VIEWER' }),
    regain: async (scene) => {
      for (const token of [scene.parent, scene.token]) {
        if (token) await onToken(scene, token, 'updateToken', { role: 'ADMINISTRATOR' });
      }
    },
    outcome: 'comes back',
  },
];

async function rescope(scene: Scene): Promise<void> {
  for (const token of [scene.parent, scene.token]) {
    if (token) await onToken(scene, token, 'updateToken', { access: 'SCOPED', scopes: SCOPES });
  }
}

/** What can happen to the person. */
const PERSON_LOSSES: readonly Loss[] = [
  {
    name: 'the person is removed',
    of: OF_PERSON,
    lose: (scene) => run(scene, 'removeMember', member(scene)),
    regain: (scene) => join(scene, 'ADMINISTRATOR'),
    outcome: 'comes back',
  },
  {
    name: 'the person is demoted',
    of: OF_PERSON,
    lose: (scene) => setRole(scene, 'VIEWER'),
    regain: (scene) => setRole(scene, 'ADMINISTRATOR'),
    outcome: 'comes back',
  },
  {
    name: 'the person is demoted to Team Member, who shares and does not invite',
    of: ['session'],
    lose: (scene) => setRole(scene, 'TEAM_MEMBER'),
    regain: (scene) => setRole(scene, 'WORKSPACE_MANAGER'),
    outcome: (_giver, thing) => (thing === 'share' ? 'unchanged' : 'comes back'),
  },
  {
    name: 'the maker of the token is removed',
    of: WORKSPACE,
    lose: (scene) => run(scene, 'removeMember', member(scene)),
    outcome: 'unchanged',
  },
  {
    name: 'the account is deactivated',
    of: [...OF_ACCOUNT, ...WORKSPACE],
    lose: ({ operator, person }) => operator.deactivateUser(person.email),
    regain: ({ operator, person }) => operator.reactivateUser(person.email),
    outcome: (giver) => (isOfPerson(giver) ? 'deleted' : 'unchanged'),
  },
  ...(['with', 'without'] as const).map((which): Loss => {
    const keepTokens = which === 'without';
    return {
      name: `the operator resets the password ${which} the tokens`,
      of: [...OF_ACCOUNT, ...WORKSPACE],
      lose: ({ operator, person }) => operator.resetPassword(person.email, NEW_PASSWORD, keepTokens),
      regain: async (scene) => {
        if (!keepTokens && scene.token?.secret.startsWith('pat_')) await revive(await signInAgain(scene));
      },
      outcome: (giver, thing) => outcomeOfReset(giver, thing, !keepTokens),
    };
  }),
  ...[true, false].map(
    (revokeTokens): Loss => ({
      name: `the person changes the password, revokeTokens: ${revokeTokens}`,
      of: [...OF_ACCOUNT, ...WORKSPACE],
      async lose(scene) {
        const { sessionToken: session } = await run(
          scene,
          'changePassword',
          { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, revokeTokens },
          scene.person.session,
          'sessionToken',
        );
        scene.person = { ...scene.person, session };
      },
      regain: async (scene) => {
        if (revokeTokens && scene.token?.secret.startsWith('pat_')) await revive(scene);
      },
      outcome: (giver, thing) => (revokeTokens ? outcomeOfReset(giver, thing, true) : 'unchanged'),
    }),
  ),
  {
    name: 'a session of the person is reported as leaked',
    of: [...OF_ACCOUNT, ...WORKSPACE],
    lose: ({ postern, person }) =>
      postern.post(
        'mutation ($secrets: [String!]!) { reportLeakedSecrets(input: { secrets: $secrets }) { received } }',
        {
          secrets: [person.session],
        },
      ),
    outcome: (giver) => (isOfPerson(giver) ? 'deleted' : 'unchanged'),
  },
];

/** A reset ends the shares of the revoked tokens and the open invitations of the person, but not the person's own shares. */
function outcomeOfReset(giver: Giver, thing: Thing, revokesTokens: boolean): GrantOutcome {
  if (WORKSPACE.includes(giver)) return 'unchanged';
  if (thing === 'invitation') return 'deleted';
  return revokesTokens && PERSONAL.includes(giver) ? 'deleted' : 'unchanged';
}

function setPolicy(scene: Scene, policy: object): Promise<unknown> {
  return run(scene, 'updateTokenPolicy', { workspaceId: scene.workspaceId, ...policy });
}

function shareWithGranter(scene: Scene, operations: readonly string[]): Promise<unknown> {
  return run(scene, 'shareChannel', { id: scene.channelId, email: scene.person.email, operations });
}

const OTHER_LOSSES: readonly Loss[] = [
  {
    name: 'the token expires',
    of: OF_TOKEN,
    lose: async (scene) => {
      scene.postern.advance(HOUR);
      await run(scene, 'reauthenticate', { password: PASSWORD });
    },
    regain: (scene) =>
      onToken(scene, scene.token as IssuedToken, 'regenerateToken', {
        expires: { after: LIFETIME.token },
      }),
    // An invitation never outlives the expiry that its token had.
    outcome: (_giver, thing) => (thing === 'share' ? 'comes back' : 'deleted'),
  },
  {
    name: 'the policy forbids personal tokens',
    of: [...OF_PERSON, ...WORKSPACE],
    lose: (scene) => setPolicy(scene, { personalTokens: 'FORBIDDEN' }),
    regain: (scene) => setPolicy(scene, { personalTokens: 'ALLOWED' }),
    outcome: (giver) => (PERSONAL.includes(giver) ? 'comes back' : 'unchanged'),
  },
  {
    name: 'the policy allows shorter lifetimes only',
    of: [...OF_PERSON, ...WORKSPACE],
    lose: (scene) => setPolicy(scene, { maxLifetime: 'PT59M' }),
    regain: (scene) => setPolicy(scene, { maxLifetime: null }),
    outcome: (giver) => (giver === 'session' ? 'unchanged' : 'comes back'),
  },
  {
    name: 'the policy allows the lifetime of the token, and not that of its parent',
    of: OF_PARENT,
    lose: (scene) => setPolicy(scene, { maxLifetime: 'PT1H' }),
    regain: (scene) => setPolicy(scene, { maxLifetime: null }),
    outcome: 'comes back',
  },
  ...(['READ', 'SHARE'] as const).map(
    (kept): Loss => ({
      name: `the guest keeps only ${kept}`,
      of: ['guest'],
      lose: (scene) => shareWithGranter(scene, [kept]),
      regain: (scene) => shareWithGranter(scene, ['SHARE', 'READ', 'LIST']),
      outcome: 'comes back',
    }),
  ),
];

/** Every way in which a granter can lose authority. */
export const LOSSES: readonly Loss[] = [
  ...PERSON_LOSSES,
  ...OTHER_LOSSES,
  ...TOKEN_LOSSES.flatMap(({ to, lose, ...loss }): Loss[] => [
    {
      ...loss,
      name: `the token ${loss.name}`,
      of: to,
      lose: (scene) => lose(scene, scene.token as IssuedToken),
    },
    {
      ...loss,
      name: `the parent of the token ${loss.name}`,
      of: to.filter((giver) => OF_PARENT.includes(giver)),
      lose: (scene) => lose(scene, scene.parent as IssuedToken),
    },
  ]),
];
