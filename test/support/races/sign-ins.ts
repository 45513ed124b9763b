import type { Intent } from '../../../src/domain/accounts/identity-provider.ts';
import { decodeGlobalId, toGlobalId } from '../../../src/domain/global-id.ts';
import { type Person, START, type TestApp } from '../app.ts';
import { type StoredSignIn, storeSignIn } from '../stored-sign-ins.ts';

/** The sign-ins of a scene: who the provider says it is, and what for. */
const SIGN_INS = {
  /** The first Owner. */
  known: { subject: 'known', intent: 'sign-in' },
  /** A person without an account, whose address is invited. */
  newcomer: { subject: 'newcomer', intent: 'sign-in' },
  /** The same person, whose address has changed at the provider. */
  newcomerAgain: { subject: 'newcomer', intent: 'sign-in', email: 'renamed@example.com' },
  link: { subject: 'linked', intent: 'link', by: 'owner' },
  /** The second Owner links the same person. */
  linkOfSecond: { subject: 'linked', intent: 'link', by: 'second' },
  /** The same person signs in. */
  linked: { subject: 'linked', intent: 'sign-in', email: 'linked@example.com' },
  /** A person that the directory creates. */
  hired: { subject: 'hired', intent: 'sign-in', provider: 'hr' },
  reauthenticate: { subject: 'known', intent: 'reauthenticate', by: 'owner' },
} as const satisfies Record<string, SignInOfScene>;

interface SignInOfScene {
  readonly subject: string;
  readonly intent: Intent;
  readonly by?: 'owner' | 'second';
  readonly provider?: string;
  readonly email?: string;
}

/** The name of a sign-in of a scene. */
export type SignInName = keyof typeof SIGN_INS;

/** Sign-ins at providers that wait to be finished. */
export interface ProviderSignIns {
  readonly byName: Readonly<Record<SignInName, StoredSignIn>>;
  /** The identity of the first Owner. */
  readonly identityId: string;
}

/** Stores what providers said at sign-ins, and links one of the people to the owner. */
export async function createProviderSignIns(postern: TestApp, second: Person): Promise<ProviderSignIns> {
  const { database, owner } = postern;
  const people = { owner: decodeGlobalId('User', owner.id), second: decodeGlobalId('User', second.id) };
  const identityId = '01900000-0000-7000-8000-000000000001';
  const identity = { provider: 'corp', subject: 'known', linked_at: START, last_used_at: null };
  await database.db
    .insertInto('identities')
    .values({ id: identityId, user_id: people.owner, ...identity })
    .execute();
  const stored: [SignInName, StoredSignIn][] = [];
  for (const [at, name] of (Object.keys(SIGN_INS) as SignInName[]).entries()) {
    const {
      by,
      provider = 'corp',
      email = 'newcomer@example.com',
      ...person
    }: SignInOfScene = SIGN_INS[name];
    const userId = by ? people[by] : null;
    const groups = provider === 'hr' ? null : name === 'known' ? ['engineering'] : [];
    const state = String.fromCharCode('a'.charCodeAt(0) + at).repeat(43);
    stored.push([name, await storeSignIn(postern, state, { ...person, provider, email, userId, groups })]);
  }
  return {
    byName: Object.fromEntries(stored) as ProviderSignIns['byName'],
    identityId: toGlobalId('Identity', identityId),
  };
}
