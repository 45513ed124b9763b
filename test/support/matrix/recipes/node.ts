import {
  type Caller,
  onChannel,
  onToken,
  onWorkspace,
  type Verdict,
  withACredential,
  withRole,
} from '../../oracle.ts';
import { asLookUp, fixed, overChannels, overTokens, type Recipe } from '../cases.ts';
import type { Targets } from '../targets.ts';
import type { NamedCaller, World } from '../world.ts';

/** Every object by its id: never more than the lookup of its own type returns. */
export function nodeRecipe({ facts, people, workspaces }: World, targets: Targets): Recipe {
  const { sessions, absent, auditEvents, tokens, channels, message, federations } = targets;
  const any =
    (verdict: (who: Caller) => Verdict) =>
    ({ who }: NamedCaller) => {
      const first = withACredential(who);
      return first === 'allowed' ? verdict(who) : first;
    };
  const own = (user: string, kinds: readonly string[]) =>
    any((who) => ('user' in who && kinds.includes(who.kind) && who.user === user ? 'allowed' : 'nothing'));
  const nothing = any(() => 'nothing');
  return {
    cases: [
      ...asLookUp(
        overTokens(
          tokens,
          (id) => ({ id }),
          ({ who }, id) => onToken(facts, who, 'READ', id, 'VIEWER'),
        ),
      ),
      ...asLookUp(
        Object.entries(workspaces).map(([name, id]) =>
          fixed(name, { id }, ({ who }) => onWorkspace(facts, who, 'READ', id)),
        ),
      ),
      ...asLookUp(
        overChannels(
          channels,
          (id) => ({ id }),
          ({ who }, id) => onChannel(facts, who, 'READ', id),
        ),
      ),
      fixed(
        'a message',
        { id: message },
        any((who) =>
          onChannel(facts, who, 'READ', channels.sharedOfHome) === 'allowed' ? 'allowed' : 'nothing',
        ),
      ),
      fixed('a message that is absent', { id: absent.message }, nothing),
      fixed('the owner', { id: people.owner.id }, own(people.owner.id, ['session', 'personal'])),
      fixed('a user who is absent', { id: absent.user }, nothing),
      fixed('a session', { id: sessions.get(people.owner.id) as string }, own(people.owner.id, ['session'])),
      fixed('a session that is absent', { id: absent.session }, nothing),
      fixed('a row of the own log', { id: auditEvents.ofOwner }, own(people.owner.id, ['session'])),
      fixed(
        'a row of a workspace',
        { id: auditEvents.ofHome },
        any((who) =>
          withRole(facts, who, 'ADMINISTRATOR', workspaces.home) === 'allowed' ? 'allowed' : 'nothing',
        ),
      ),
      ...[...federations].map(([workspaceId, id]) =>
        fixed(
          `a federation of ${workspaceId}`,
          { id },
          any((who) =>
            withRole(facts, who, 'ADMINISTRATOR', workspaceId) === 'allowed' ? 'allowed' : 'nothing',
          ),
        ),
      ),
      fixed('a row that is absent', { id: absent.auditEvent }, nothing),
      fixed('no id at all', { id: 'nothing' }, nothing),
    ],
  };
}
