import {
  type Caller,
  NOT_FOUND,
  notWithAToken,
  recently,
  signedIn,
  UNAUTHENTICATED,
  type Verdict,
} from '../../oracle.ts';
import { fixed, type Recipe, type Recipes } from '../cases.ts';
import type { Targets } from '../targets.ts';
import type { NamedCaller, World } from '../world.ts';

/** The cases are the same for everything that requires only a signed-in person. */
function forPeople(...paths: string[]): Recipes {
  const recipe: Recipe = { cases: [fixed('the own account', {}, ({ who }) => signedIn(who))] };
  return Object.fromEntries(paths.map((path) => [path, recipe]));
}

/** Requires a session of the console, which no JSON Web Token is. */
const inTheConsole = (who: Caller): Verdict =>
  who.kind === 'session' && who.isJwt ? { code: 'FORBIDDEN', reason: 'SESSION_REQUIRED' } : signedIn(who);

/** Signing in and out, sessions, passwords, accepted invitations. */
export function accountRecipes(
  { people }: World,
  { sessions, absent, invited, resetLink, signInLink }: Targets,
): Recipes {
  const ofSession =
    (id: string) =>
    ({ who }: NamedCaller) => {
      const verdict = signedIn(who);
      return verdict === 'allowed' && who.kind === 'session' && sessions.get(who.user) !== id
        ? NOT_FOUND
        : verdict;
    };
  const nothingOfOwn = ({ who }: NamedCaller): Verdict => {
    const verdict = recently(who, signedIn(who));
    return verdict === 'allowed' ? NOT_FOUND : verdict;
  };
  const nothingToDecide = ({ who }: NamedCaller): Verdict =>
    inTheConsole(who) === 'allowed' ? NOT_FOUND : inTheConsole(who);
  const newcomer = { name: 'Newcomer', password: 'correct horse battery staple' };
  const invitation =
    (whose: string | null) =>
    ({ who }: NamedCaller): Verdict => {
      const verdict = notWithAToken(who);
      if (verdict !== 'allowed' || whose === null) return verdict === 'allowed' ? NOT_FOUND : verdict;
      if (who.kind === 'anonymous') return whose === 'newcomer' ? 'allowed' : UNAUTHENTICATED;
      return who.kind === 'session' && who.user === whose ? 'allowed' : NOT_FOUND;
    };
  const { email, password } = people.bystander;
  return {
    ...forPeople('Mutation.signOut', 'Mutation.revokeOtherSessions'),
    'Mutation.deleteAllTokens': {
      cases: [fixed('the own account', {}, ({ who }) => recently(who, signedIn(who)))],
    },
    'Mutation.reauthenticate': {
      cases: [
        fixed('with a password', { input: { password } }, ({ who }) => inTheConsole(who)),
        fixed('with a state of no browser', { input: { state: 'x' } }, ({ who }) =>
          inTheConsole(who) === 'allowed' ? NOT_FOUND : inTheConsole(who),
        ),
        fixed('with a wrong password', { input: { password: 'wrong' } }, ({ who }) => {
          const verdict = inTheConsole(who);
          return verdict === 'allowed' ? { code: 'INVALID_CREDENTIALS' } : verdict;
        }),
      ],
    },
    'Mutation.signIn': {
      cases: [fixed('an account', { input: { email, password } }, ({ who }) => notWithAToken(who))],
    },
    'Mutation.completeSignIn': {
      cases: [
        fixed('of no browser', { input: { state: 'x' } }, ({ who }) =>
          notWithAToken(who) === 'allowed' ? NOT_FOUND : notWithAToken(who),
        ),
      ],
    },
    'Mutation.linkIdentity': { cases: [fixed('of no browser', { input: { state: 'x' } }, nothingOfOwn)] },
    'Mutation.unlinkIdentity': { cases: [fixed('absent', { input: { id: absent.user } }, nothingOfOwn)] },
    ...Object.fromEntries(
      ['Mutation.approveDevice', 'Mutation.denyDevice'].map((path) => [
        path,
        { cases: [fixed('absent', { input: { userCode: 'BBBB-BBBB' } }, nothingToDecide)] },
      ]),
    ),
    'Query.deviceRequest': { cases: [fixed('absent', { userCode: 'BBBB-BBBB' }, nothingToDecide)] },
    'Query.signInOptions': { cases: [fixed('all', {}, () => 'allowed')] },
    'Mutation.changePassword': {
      cases: [
        fixed(
          'the own password',
          { input: { currentPassword: password, newPassword: 'another password' } },
          ({ who }) => inTheConsole(who),
        ),
      ],
    },
    'Mutation.revokeSession': {
      cases: [...sessions.values(), absent.session].map((id) => fixed(id, { input: { id } }, ofSession(id))),
    },
    'Mutation.acceptInvitation': {
      cases: [
        fixed('of a newcomer', { input: { secret: invited.newcomer, ...newcomer } }, invitation('newcomer')),
        fixed('of the outsider', { input: { secret: invited.outsider } }, invitation(people.outsider.id)),
        fixed('absent', { input: { secret: 'inv_nothing' } }, invitation(null)),
      ],
    },
    'Mutation.resetPassword': {
      cases: [
        fixed('absent', { input: { secret: 'rst_nothing', newPassword: 'another password' } }, ({ who }) => {
          const verdict = notWithAToken(who);
          return verdict === 'allowed' ? NOT_FOUND : verdict;
        }),
        fixed(
          'of the bystander',
          { input: { secret: resetLink, newPassword: 'another password' } },
          ({ who }) => notWithAToken(who),
        ),
      ],
    },
    'Mutation.signInWithLink': {
      cases: [
        fixed('absent', { input: { secret: 'rst_nothing' } }, ({ who }) => {
          const verdict = notWithAToken(who);
          return verdict === 'allowed' ? NOT_FOUND : verdict;
        }),
        fixed('of the outsider', { input: { secret: signInLink } }, ({ who }) => notWithAToken(who)),
      ],
    },
    'Mutation.reportLeakedSecrets': {
      cases: [fixed('none', { input: { secrets: ['nothing'] } }, () => 'allowed')],
    },
    'Query.scopesFor': {
      cases: [
        fixed('a document', { document: '{ viewer { kind } }' }, ({ who }) =>
          who.kind === 'anonymous' ? UNAUTHENTICATED : 'allowed',
        ),
      ],
    },
    'Viewer.sessions': { via: 'viewer', cases: [fixed('own', {}, ({ who }) => signedIn(who))] },
    'Viewer.auditEvents': { via: 'viewer', cases: [fixed('own', {}, ({ who }) => signedIn(who))] },
  };
}
