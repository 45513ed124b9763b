import { badInput } from '../../domain/errors.ts';
import type { ImportLine } from '../../domain/import/import-line.ts';
import type { User } from '../../domain/user.ts';
import type { Workspace } from '../../domain/workspace.ts';
import type { Executor } from '../../storage/database.ts';
import { findUsersByEmails } from '../../storage/repositories/accounts/users.ts';
import { filterKnownDigests, findImportHolders } from '../../storage/repositories/token-secrets.ts';
import { findWorkspacesBySlugs } from '../../storage/repositories/workspaces.ts';

/** What the lines of a batch name, read once for all of them. */
export interface ImportTargets {
  /** Returns the user that can receive imported tokens. Throws `BAD_USER_INPUT`. */
  requireUser(email: string): User;
  /** Returns the workspace with a slug. Throws `BAD_USER_INPUT`. */
  requireWorkspace(slug: string): Workspace;
  /**
   * Returns whether the digest of a line was imported for the same user or workspace. Throws `BAD_USER_INPUT` if it was
   * imported for another, or belongs to a secret of Postern.
   */
  wasImported(line: ImportLine): boolean;
}

/** Reads what the lines of a batch name. */
export async function findImportTargets(db: Executor, lines: readonly ImportLine[]): Promise<ImportTargets> {
  const namesOf = (name: (line: ImportLine) => string | null) => [
    ...new Set(lines.flatMap((line) => name(line) ?? [])),
  ];
  const emails = namesOf(({ holder }) => ('owner' in holder ? holder.owner : null));
  const slugs = namesOf(({ holder }) => ('workspace' in holder ? holder.workspace : null));
  const digests = lines.map(({ digest }) => digest);
  const users = new Map((await findUsersByEmails(db, emails)).map((user) => [user.email, user]));
  const workspaces = new Map((await findWorkspacesBySlugs(db, slugs)).map((each) => [each.slug, each]));
  const importedFor = await findImportHolders(db, digests);
  const known = await filterKnownDigests(db, digests);

  function requireUser(email: string): User {
    const user = users.get(email);
    if (!user) throw badInput(['owner'], 'is the email of no user');
    if (user.deactivatedAt !== null) throw badInput(['owner'], 'is the email of a deactivated user');
    if (user.emailVerifiedAt === null) {
      throw badInput(['owner'], 'is an unverified email: run "postern user verify" first');
    }
    return user;
  }

  function requireWorkspace(slug: string): Workspace {
    const workspace = workspaces.get(slug);
    if (!workspace) throw badInput(['workspace'], 'is the slug of no workspace');
    return workspace;
  }

  return {
    requireUser,
    requireWorkspace,
    wasImported({ digest, holder }) {
      const { id } = 'owner' in holder ? requireUser(holder.owner) : requireWorkspace(holder.workspace);
      const holderId = importedFor.get(digest);
      if (holderId === id) return true;
      if (holderId !== undefined) throw badInput(['digest'], 'was imported for another user or workspace');
      if (known.has(digest)) throw badInput(['digest'], 'is that of an existing token');
      return false;
    },
  };
}
