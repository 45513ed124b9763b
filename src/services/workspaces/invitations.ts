import { failure, inputCheck } from '../../domain/errors.ts';
import { toGlobalId } from '../../domain/global-id.ts';
import type { Limits } from '../../domain/limits.ts';
import { isToken, userIdOf } from '../../domain/principal.ts';
import { highestRole, type Role } from '../../domain/roles.ts';
import { kindOfSecret } from '../../domain/secret.ts';
import { parseEmail, parseName, parsePassword } from '../../domain/text.ts';
import type { NewAccounts, User } from '../../domain/user.ts';
import type { Invitation, Member } from '../../domain/workspace.ts';
import type { Clock } from '../../platform/clock.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { PasswordHasher } from '../../platform/passwords.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import {
  clearInvitations,
  deleteInvitation,
  findInvitation,
  findInvitationByDigest,
  findOpenInvitationOf,
  insertInvitation,
  listInvitations,
} from '../../storage/repositories/invitations.ts';
import { findGranters, type GrantingToken } from '../../storage/repositories/member-grants.ts';
import { insertMember, isMemberByEmail } from '../../storage/repositories/members.ts';
import { findAncestorIds } from '../../storage/repositories/tokens.ts';
import { findUserByEmail, insertUser } from '../../storage/repositories/users.ts';
import type { Caller } from '../access/caller.ts';
import { parentOf } from '../access/delegation.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { auditInvitation } from './invitation-ends.ts';
import { auditMember, requireMayGive, requirePersonForOwner, requireStandsOver } from './members.ts';

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
  /** For an address without an account. */
  readonly name?: string | null | undefined;
  readonly password?: string | null | undefined;
}

/** Asking people into workspaces by email. */
export interface InvitationService {
  /** Returns the open and the void invitations of a workspace that the caller is allowed to see, oldest first. */
  list(workspaceId: string): Promise<Invitation[]>;
  /**
   * Invites an address, in the place of an open invitation that it may have. One that a workspace token makes does not
   * outlive the token. Throws `BAD_USER_INPUT`, `CONFLICT` on a member, or `FORBIDDEN` with `EXCEEDS_CALLER`, with
   * `SESSION_REQUIRED` where a token invites an Owner, or with `ROLE_REQUIRED` where the open one is for a role above the
   * caller's.
   */
  invite(uow: UnitOfWork, request: InviteRequest): Promise<IssuedInvitation>;
  /** Takes an invitation back, void or not. Throws `NOT_FOUND`, or `FORBIDDEN`, `ROLE_REQUIRED` for a role above the caller's. */
  revoke(uow: UnitOfWork, workspaceId: string, invitationId: string): Promise<void>;
  /**
   * Makes the invited person a member, once; with an account, where the address has none yet. Throws `NOT_FOUND` for
   * what is no open invitation of the caller's, `UNAUTHENTICATED` where the address has an account and nobody is signed
   * in, `FORBIDDEN` if it has none and only the operator creates accounts, `BAD_USER_INPUT` where name or password of a newcomer will not do.
   */
  accept(caller: Caller, request: AcceptRequest): Promise<Member>;
}

/** A person who has no account yet; the password is hashed already, for a transaction must not wait for that. */
interface Newcomer {
  readonly name: string;
  readonly passwordHash: string;
}

/**
 * The invitation of a secret, and the account of the invited address, if there is one. Whoever is signed in may look at
 * no other person's: to them it does not exist.
 */
async function claim(
  { tx, now, principal }: UnitOfWork,
  digest: string,
  newAccounts: NewAccounts,
): Promise<{ invitation: Invitation; account: User | null }> {
  const invitation = await findInvitationByDigest(tx, digest, now);
  if (!invitation) throw failure('NOT_FOUND');
  const account = await findUserByEmail(tx, invitation.email);
  const userId = userIdOf(principal);
  if (userId !== null && userId !== account?.id) throw failure('NOT_FOUND');
  if (userId === null && account) throw failure('UNAUTHENTICATED', 'Sign in to the invited account first.');
  if (!account && newAccounts === 'operator') {
    throw failure(
      'FORBIDDEN',
      'Only the operator creates accounts here: ask for one, then sign in and accept.',
    );
  }
  return { invitation, account };
}

/**
 * The workspace tokens that an accepted invitation comes from: the one that made it, or those that alone gave the person
 * who made it the role for it. Empty if a person made it in their own right. Throws `NOT_FOUND` if its maker is unknown.
 */
async function grantersOf(
  { tx }: UnitOfWork,
  { workspaceId, role, invitedBy, invitedByToken }: Invitation,
): Promise<readonly GrantingToken[]> {
  if (invitedByToken !== null) {
    return [{ tokenId: invitedByToken, ancestorIds: await findAncestorIds(tx, invitedByToken) }];
  }
  const maker = invitedBy === null ? null : { workspaceId, userId: invitedBy };
  const granters = maker && (await findGranters(tx, maker, highestRole('WORKSPACE_MANAGER', role)));
  if (!granters) throw failure('NOT_FOUND');
  return granters;
}

async function openAccount(uow: UnitOfWork, email: string, newcomer: Newcomer): Promise<User> {
  const stamps = { emailVerifiedAt: null, createdAt: uow.now };
  const user = { id: uow.newId(), email, name: newcomer.name, ...stamps };
  await insertUser(uow.tx, { ...user, passwordHash: newcomer.passwordHash });
  await uow.audit({
    action: 'user.created',
    actorId: user.id,
    userId: user.id,
    targetId: toGlobalId('User', user.id),
    detail: { by: 'invitation' },
  });
  return { ...user, deactivatedAt: null };
}

/** Invitations over their dependencies. */
export function createInvitationService(deps: {
  db: Executor;
  clock: Clock;
  changes: UnitOfWorkRunner;
  secrets: SecretSource;
  passwords: PasswordHasher;
  limits: Limits;
  newAccounts: NewAccounts;
}): InvitationService {
  const { db, clock, changes, secrets, passwords, limits, newAccounts } = deps;

  async function admitNewcomer(request: AcceptRequest): Promise<Newcomer> {
    const check = inputCheck();
    const name = check.try(() => parseName(request.name ?? '', ['input', 'name']));
    const password = check.try(() => parsePassword(request.password ?? '', ['input', 'password']));
    check.finish();
    return { name: name as string, passwordHash: await passwords.hash(password as string) };
  }

  return {
    list: (workspaceId) => listInvitations(db, workspaceId, clock()),

    async invite(uow, { workspaceId, role, email: address }) {
      const { tx, now, principal } = uow;
      const email = parseEmail(address, ['input', 'email']);
      requireMayGive(uow, role);
      requirePersonForOwner(uow, role);
      if (await isMemberByEmail(tx, workspaceId, email)) {
        throw failure('CONFLICT', 'The person of this address is a member already.');
      }
      const open = await findOpenInvitationOf(tx, workspaceId, email, now);
      if (open) requireStandsOver(uow, open.role);
      await clearInvitations(tx, workspaceId, email, now);
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
      requireStandsOver(uow, invitation.role);
      await deleteInvitation(uow.tx, invitation.id);
      await auditInvitation(uow, 'member.invitation_revoked', invitation);
    },

    async accept(caller, request) {
      if (kindOfSecret(request.secret) !== 'INVITATION') throw failure('NOT_FOUND');
      const digest = digestOf(request.secret);
      const asPerson = { kind: 'person' } as const;
      // Only the holder of an invitation receives input errors and causes a password to be hashed.
      const first = await changes.run(caller, asPerson, (uow) => claim(uow, digest, newAccounts));
      const newcomer = first.account ? null : await admitNewcomer(request);
      return changes.run(caller, asPerson, async (uow) => {
        const { invitation, account } = await claim(uow, digest, newAccounts);
        if (!(await deleteInvitation(uow.tx, invitation.id))) throw failure('NOT_FOUND');
        const user = account ?? (await openAccount(uow, invitation.email, newcomer as Newcomer));
        const { workspaceId, role } = invitation;
        const member = { workspaceId, userId: user.id, role, joinedAt: uow.now };
        await insertMember(uow.tx, member, await grantersOf(uow, invitation));
        await auditMember(uow, 'member.joined', member, { role }, user.id);
        return member;
      });
    },
  };
}
