import {
  type Caller,
  EXCEEDS_CALLER,
  NOT_FOUND,
  notWithAToken,
  type Rank,
  reaches,
  recently,
  roleIn,
  roleRequired,
  type Verdict,
  withRole,
} from '../../oracle.ts';
import { type Case, overWorkspaces, type Recipes } from '../cases.ts';
import { MEMBERS, type NamedCaller, type PersonName, type World } from '../world.ts';

/** Changing and removing members. */
export function memberRecipes(world: World): Recipes {
  const { facts, people } = world;
  const roleOf = (member: PersonName): Rank => MEMBERS[member as keyof typeof MEMBERS];
  /** Requires an Administrator whose role is not below that of the member. */
  const over = (member: PersonName, { who }: NamedCaller, workspace: string, given?: Rank): Verdict => {
    const withAnyRole = withRole(facts, who, 'ADMINISTRATOR', workspace);
    const concerned = [given, facts.role(people[member].id, workspace)];
    const verdict = concerned.includes('OWNER') ? recently(who, withAnyRole) : withAnyRole;
    if (verdict === 'allowed' && facts.role(people[member].id, workspace) === null) return NOT_FOUND;
    const own = roleIn(facts, who, workspace);
    if (verdict !== 'allowed') return verdict;
    if (own && !reaches(own, roleOf(member))) return roleRequired(roleOf(member));
    return roleOf(member) === 'OWNER' ? notWithAToken(who) : verdict;
  };
  const giving = (member: PersonName, role: Rank): Case[] =>
    overWorkspaces(
      world,
      (workspaceId) => ({ input: { workspaceId, userId: people[member].id, role } }),
      (caller, id) => {
        const verdict = over(member, caller, id, role);
        const own = roleIn(facts, caller.who, id);
        if (verdict !== 'allowed') return verdict;
        if (own && !reaches(own, role)) return EXCEEDS_CALLER;
        return role === 'OWNER' ? notWithAToken(caller.who) : verdict;
      },
    );
  const removing = (
    userId: (who: Caller) => string,
    verdict: (caller: NamedCaller, id: string) => Verdict,
  ): Case[] =>
    Object.entries(world.workspaces).map(([name, workspaceId]) => ({
      name,
      args: ({ who }) => ({ input: { workspaceId, userId: userId(who) } }),
      verdict: (caller) => verdict(caller, workspaceId),
    }));
  const leaving = ({ who }: NamedCaller, id: string): Verdict => {
    if (who.kind !== 'session') return over('bystander', { who } as NamedCaller, id);
    const isSole = id === world.workspaces.foreign && who.user === people.stranger.id;
    if (isSole) return { code: 'CONFLICT' };
    const role = facts.role(who.user, id);
    if (role === null) return NOT_FOUND;
    return role === 'OWNER' ? recently(who, 'allowed') : 'allowed';
  };
  return {
    'Mutation.updateMemberRole': {
      cases: [
        ...giving('teamMember', 'WORKSPACE_MANAGER'),
        ...giving('teamMember', 'OWNER'),
        ...giving('coOwner', 'ADMINISTRATOR'),
      ],
    },
    'Mutation.removeMember': {
      cases: [
        ...removing(
          () => people.bystander.id,
          (caller, id) => over('bystander', caller, id),
        ),
        ...removing(
          () => people.coOwner.id,
          (caller, id) => over('coOwner', caller, id),
        ),
        ...removing((who) => (who.kind === 'session' ? who.user : people.bystander.id), leaving),
      ],
    },
  };
}
