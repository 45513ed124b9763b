import type { GroupSettings } from '../../domain/accounts/groups.ts';
import { type PasswordSignIn, parsePassword } from '../../domain/accounts/passwords.ts';
import { failure, inputCheck } from '../../domain/errors.ts';
import type { Limits } from '../../domain/limits.ts';
import { isToken, userIdOf } from '../../domain/principal.ts';
import { highestRole, type Role } from '../../domain/roles.ts';
import { kindOfSecret } from '../../domain/secret.ts';
import { parseEmail, parseName } from '../../domain/text.ts';
import type { NewAccounts, User } from '../../domain/user.ts';
import type { Invitation, Member } from '../../domain/workspace.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import { findInvitedUser, insertUser } from '../../storage/repositories/accounts/users.ts';
import {
  clearInvitations,
  deleteInvitation,
  findInvitation,
  findInvitationByDigest,
  findOpenInvitationOf,
  hasInvitations,
  insertInvitation,
  listInvitations,
} from '../../storage/repositories/invitations.ts';
import { findGranters, type GrantingToken } from '../../storage/repositories/member-grants.ts';
import { isMemberByEmail } from '../../storage/repositories/members.ts';
import { findAncestorIds } from '../../storage/repositories/tokens.ts';
import type { Caller } from '../access/caller.ts';
import { parentOf } from '../access/delegation.ts';
import { auditUser } from '../transactions/audit-user.ts';
import type { Lock } from '../transactions/locks.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { auditInvitation, auditReplaced } from './grant-ends.ts';
import { join } from './joining.ts';
import { requireCanGive, requireRoleNotBelow, requireSessionForOwner } from './members.ts';

/** An invitation with its secret, which is returned only here. */
export interface IssuedInvitation {
  readonly invitation: Invitation;
  readonly secret: string;
}

export interface InviteRequest {
  readonly workspaceId: string;
  readonly email: string;
  readonly role: Role;
}

export interface AcceptRequest {
  readonly secret: string;
  /** The name of the new account; required if the address has no account, like the password. */
  readonly name?: string | null | undefined;
  readonly password?: string | null | undefined;
}

/** Manages invitations to workspaces by email. */
export interface InvitationService {
  /** Returns the open and the void invitations of a workspace that the caller is allowed to see, oldest first. */
  list(workspaceId: string): Promise<Invitation[]>;
  /**
   * Invites an email address; replaces an earlier invitation of that address. The invitation of a token expires with
   * the token at the latest. Throws `BAD_USER_INPUT`, `LIMIT_REACHED`, `CONFLICT` if the address belongs to a member, or `FORBIDDEN`
   * with `EXCEEDS_CALLER`, with `SESSION_REQUIRED` if a token invites an Owner, or with `ROLE_REQUIRED` if the earlier
   * invitation is for a role above the caller's.
   */
  invite(uow: UnitOfWork, request: InviteRequest): Promise<IssuedInvitation>;
  /**
   * Deletes an open or void invitation. Throws `NOT_FOUND`, or `FORBIDDEN` with `ROLE_REQUIRED` if its role is above
   * the caller's.
   */
  revoke(uow: UnitOfWork, workspaceId: string, invitationId: string): Promise<void>;
  /**
   * Makes the invited person a member and uses up the invitation. Creates an account if the address has none. Throws
   * `NOT_FOUND` if the secret is not that of an open invitation of the caller, `UNAUTHENTICATED` if the address has an
   * account and the caller is not signed in, `FORBIDDEN` if it has none and the settings let none be created so, or
   * `BAD_USER_INPUT` if the name or password of a new account is invalid.
   */
  accept(caller: Caller, request: AcceptRequest): Promise<Member>;
}

/** A person without an account. The password is hashed before the transaction, which must not wait for that. */
interface Newcomer {
  readonly name: string;
  readonly passwordHash: string;
}

/** The settings that decide whether an invitation creates an account. */
interface AccountSettings {
  readonly newAccounts: NewAccounts;
  readonly passwordSignIn: PasswordSignIn;
}

/** Throws `FORBIDDEN` if an invitation creates no accounts. The account would not be local. */
function requireNewAccounts({ newAccounts, passwordSignIn }: AccountSettings): void {
  if (newAccounts === 'operator') {
    throw failure(
      'FORBIDDEN',
      'Only the operator creates accounts here: request one, then sign in and accept.',
    );
  }
  if (passwordSignIn !== 'on') {
    throw failure('FORBIDDEN', 'New accounts have no password here: sign in with a provider, then accept.');
  }
}

/**
 * Returns the invitation of a secret and the account of the invited address. Throws `NOT_FOUND` if there is no such
 * invitation or the signed-in user is another person, and the other errors of `accept`.
 */
async function claim(
  { tx, now, principal }: UnitOfWork,
  digest: string,
  settings: AccountSettings,
): Promise<{ invitation: Invitation; account: User | null }> {
  // The account first: another call can create it and delete the invitation between these two reads.
  const account = await findInvitedUser(tx, digest);
  const invitation = await findInvitationByDigest(tx, digest, now);
  if (!invitation) throw failure('NOT_FOUND');
  const userId = userIdOf(principal);
  if (userId !== null && userId !== account?.id) throw failure('NOT_FOUND');
  if (userId === null && account) throw failure('UNAUTHENTICATED', 'Sign in to the invited account first.');
  if (!account) requireNewAccounts(settings);
  return { invitation, account };
}

/**
 * Returns the workspace tokens that count as granters of the membership: the token that created the invitation, or the
 * tokens from which its creator has the required role. The list is empty if the creator has that role from a person.
 * Throws `NOT_FOUND` if the creator no longer exists or has lost the role.
 */
async function grantersOf(
  { tx }: UnitOfWork,
  { workspaceId, role, invitedBy, invitedByToken }: Invitation,
): Promise<readonly GrantingToken[]> {
  if (invitedByToken !== null) {
    return [{ tokenId: invitedByToken, ancestorIds: await findAncestorIds(tx, invitedByToken) }];
  }
  const creator = invitedBy === null ? null : { workspaceId, userId: invitedBy };
  const granters = creator && (await findGranters(tx, creator, highestRole('WORKSPACE_MANAGER', role)));
  if (!granters) throw failure('NOT_FOUND');
  return granters;
}

async function createAccount(uow: UnitOfWork, email: string, newcomer: Newcomer): Promise<User> {
  const stamps = { emailVerifiedAt: null, createdAt: uow.now };
  const user = { id: uow.newId(), email, name: newcomer.name, ...stamps };
  await insertUser(uow.tx, { ...user, passwordHash: newcomer.passwordHash });
  await auditUser(uow, 'user.created', user.id, { by: 'invitation' }, user.id);
  return { ...user, deactivatedAt: null };
}

/** Returns the locks of the acceptance of an invitation, which can create the account of its address. */
function locksToAccept({ email, workspaceId }: Invitation): Lock[] {
  return [
    { on: 'email', id: email },
    { on: 'workspace', id: workspaceId },
  ];
}

/** Returns the invitation service. */
export function createInvitationService(deps: {
  db: Executor;
  clock: Clock;
  changes: UnitOfWorkRunner;
  secrets: SecretSource;
  passwords: PasswordHasher;
  limits: Limits;
  newAccounts: NewAccounts;
  passwordSignIn: PasswordSignIn;
  groupSettings: readonly GroupSettings[];
}): InvitationService {
  const { db, clock, changes, secrets, passwords, limits, groupSettings } = deps;

  async function parseNewcomer(request: AcceptRequest, email: string): Promise<Newcomer> {
    const check = inputCheck();
    const name = check.try(() => parseName(request.name ?? '', ['input', 'name']));
    const password = check.try(() =>
      parsePassword(request.password ?? '', ['input', 'password'], { email, name: request.name ?? '' }),
    );
    check.finish();
    return { name: name as string, passwordHash: await passwords.hash(password as string) };
  }

  return {
    list: (workspaceId) => listInvitations(db, workspaceId, clock()),

    async invite(uow, { workspaceId, role, email: address }) {
      const { tx, now, principal } = uow;
      const email = parseEmail(address, ['input', 'email']);
      requireCanGive(uow, role);
      requireSessionForOwner(uow, role);
      if (await isMemberByEmail(tx, workspaceId, email)) {
        throw failure('CONFLICT', 'The person with this email address is already a member.');
      }
      const open = await findOpenInvitationOf(tx, workspaceId, email, now);
      if (open) requireRoleNotBelow(uow, open.role);
      await auditReplaced(uow, workspaceId, email);
      await clearInvitations(tx, workspaceId, email, now);
      const most = limits.invitationsPerWorkspace;
      if (await hasInvitations(tx, workspaceId, most)) {
        throw failure(
          'LIMIT_REACHED',
          `A workspace can have at most ${most} open invitations. Revoke some first.`,
        );
      }
      const { secret, digest } = secrets.issue('INVITATION');
      const invitation: Invitation = {
        id: uow.newId(),
        workspaceId,
        email,
        role,
        invitedBy: userIdOf(principal),
        invitedByToken: isToken(principal) ? principal.tokenId : null,
        voidReason: null,
        createdAt: now,
        expiresAt: Math.min(now + limits.invitationLifetime, parentOf(uow).expiresAt ?? Infinity),
      };
      await insertInvitation(tx, invitation, digest);
      await auditInvitation(uow, 'member.invited', invitation);
      return { invitation, secret };
    },

    async revoke(uow, workspaceId, invitationId) {
      const invitation = await findInvitation(uow.tx, workspaceId, invitationId, uow.now);
      if (!invitation) throw failure('NOT_FOUND');
      requireRoleNotBelow(uow, invitation.role);
      await deleteInvitation(uow.tx, invitation.id);
      await auditInvitation(uow, 'member.invitation_revoked', invitation);
    },

    async accept(caller, request) {
      if (kindOfSecret(request.secret) !== 'INVITATION') throw failure('NOT_FOUND');
      const digest = digestOf(request.secret);
      const asPerson = { kind: caller.holder === null ? 'person' : 'session' } as const;
      // Claim first, so that only the holder of an invitation gets input errors or causes a password to be hashed.
      const first = await changes.run(caller, asPerson, (uow) => claim(uow, digest, deps));
      const newcomer = first.account ? null : await parseNewcomer(request, first.invitation.email);
      return changes.run(
        caller,
        asPerson,
        async (uow) => {
          const { invitation, account } = await claim(uow, digest, deps);
          if (!(await deleteInvitation(uow.tx, invitation.id))) throw failure('NOT_FOUND');
          const user = account ?? (await createAccount(uow, invitation.email, newcomer as Newcomer));
          return join(uow, invitation, user.id, await grantersOf(uow, invitation), groupSettings);
        },
        { locks: locksToAccept(first.invitation) },
      );
    },
  };
}
