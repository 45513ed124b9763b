import { amongOwnTokens, onToken, type Rank, signedIn, type Verdict } from '../../oracle.ts';
import { asLookUp, beneath, fixed, overTokens, type Recipe, type Recipes } from '../cases.ts';
import type { Targets } from '../targets.ts';
import type { NamedCaller, World } from '../world.ts';

/** The particulars of a change: whether it gives authority, and the verdict on a token whose state does not allow it. */
interface Special {
  readonly gives?: boolean;
  readonly onWorkspaceToken?: Verdict;
  readonly onPersonalToken?: Verdict;
}

/** Reading and changing a token by its id. */
export function tokenRecipes({ facts }: World, { tokens }: Targets): Recipes {
  /** A change of a token by its id. On a workspace token it requires a role; after that, the state of the token decides. */
  const change = (
    operation: string,
    role: Rank,
    input: object = {},
    { gives = false, onWorkspaceToken, onPersonalToken }: Special = {},
  ): Recipe => ({
    scope: ['token', operation as 'UPDATE'],
    cases: overTokens(
      tokens,
      (id) => ({ input: { id, ...input } }),
      ({ who }, id) => {
        const verdict = onToken(facts, who, operation, id, role, gives);
        if (verdict !== 'allowed') return verdict;
        return (facts.token(id)?.workspace === undefined ? onPersonalToken : onWorkspaceToken) ?? verdict;
      },
      // For a workspace token, `viewer.can` decides about renaming; stopping one requires a higher role.
      role === 'WORKSPACE_MANAGER' && !onWorkspaceToken && !gives
        ? (entityId) => ({ operation, entityType: 'token', entityId })
        : undefined,
    ),
  });
  const raise = { gives: true, onPersonalToken: { code: 'BAD_USER_INPUT' } } as const;
  const rename = change('UPDATE', 'WORKSPACE_MANAGER', { name: 'renamed' });
  const onWorkspaceToken: Verdict = { code: 'CONFLICT' };
  const read = overTokens(
    tokens,
    (id) => ({ id }),
    ({ who }, id) => onToken(facts, who, 'READ', id, 'VIEWER'),
    (entityId) => ({ operation: 'READ', entityType: 'token', entityId }),
  );
  const audit = ({ who }: NamedCaller, id: string) =>
    beneath(onToken(facts, who, 'READ', id, 'VIEWER'), () =>
      who.kind === 'personal' ? signedIn(who) : onToken(facts, who, 'READ', id, 'ADMINISTRATOR'),
    );
  return {
    'Query.token': { scope: ['token', 'READ'], cases: asLookUp(read) },
    'Token.auditEvents': {
      scope: ['token', 'READ'],
      via: 'token',
      cases: overTokens(tokens, (id) => ({ id }), audit),
    },
    'Mutation.updateToken': {
      ...rename,
      cases: [
        ...rename.cases,
        ...change('UPDATE', 'WORKSPACE_MANAGER', { role: 'VIEWER' }, raise).cases.map((each) => ({
          ...each,
          name: `${each.name}, its role`,
        })),
      ],
    },
    'Mutation.addTokenScopes': change(
      'UPDATE',
      'WORKSPACE_MANAGER',
      { scopes: [] },
      { gives: true, onWorkspaceToken },
    ),
    'Mutation.removeTokenScopes': change(
      'UPDATE',
      'WORKSPACE_MANAGER',
      { scopeIds: [] },
      { onWorkspaceToken },
    ),
    'Mutation.removeAllTokenScopes': change('UPDATE', 'WORKSPACE_MANAGER', {}, { onWorkspaceToken }),
    'Mutation.regenerateToken': change('UPDATE', 'ADMINISTRATOR', {}, { gives: true }),
    'Mutation.disableToken': change('UPDATE', 'ADMINISTRATOR'),
    'Mutation.endTokenOverlap': change('UPDATE', 'ADMINISTRATOR'),
    'Mutation.enableToken': change('UPDATE', 'ADMINISTRATOR', {}, { gives: true }),
    'Mutation.revokeToken': change('UPDATE', 'ADMINISTRATOR'),
    'Mutation.revokeIssuedBy': {
      scope: ['token', 'UPDATE'],
      cases: overTokens(
        tokens,
        (tokenId) => ({ input: { tokenId } }),
        ({ who }, id) => onToken(facts, who, 'UPDATE', id, 'ADMINISTRATOR'),
      ),
    },
    'Mutation.deleteToken': change('DELETE', 'ADMINISTRATOR'),
  };
}

/** The caller's own personal tokens as a whole. */
export function ownTokenRecipes(): Recipes {
  const listing: Recipe = {
    scope: ['token', 'LIST'],
    cases: [
      fixed('own', {}, ({ who }) => amongOwnTokens(who, 'LIST'), { operation: 'LIST', entityType: 'token' }),
    ],
  };
  return {
    'Query.tokens': listing,
    'Query.tokenSummary': listing,
    'Mutation.createToken': {
      scope: ['token', 'CREATE'],
      cases: [
        fixed('own', { input: { name: 'new' } }, ({ who }) => amongOwnTokens(who, 'CREATE'), {
          operation: 'CREATE',
          entityType: 'token',
        }),
      ],
    },
  };
}
