import type { Command } from './command.ts';

/** A command by name, with its line in the overview. It is loaded on use, because most commands need few modules. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<{ command: Command }>;
}

/** Every command, in the order of the overview. */
export const COMMANDS: readonly CommandEntry[] = [
  { name: 'serve', summary: 'Run the server.', load: () => import('./commands/serve.ts') },
  {
    name: 'migrate',
    summary: 'Update the database schema.',
    load: () => import('./commands/migrate.ts'),
  },
  {
    name: 'migrate-to',
    summary: 'Copy an SQLite database to PostgreSQL.',
    load: () => import('./commands/migrate-to.ts'),
  },
  { name: 'user create', summary: 'Create a user.', load: () => import('./commands/user-create.ts') },
  { name: 'user list', summary: 'List the users.', load: () => import('./commands/user-list.ts') },
  {
    name: 'user verify',
    summary: "Mark a user's email as verified.",
    load: () => import('./commands/user-verify.ts'),
  },
  {
    name: 'user release',
    summary: 'Free an unverified email for another account.',
    load: () => import('./commands/user-release.ts'),
  },
  {
    name: 'user deactivate',
    summary: 'Block a user from signing in.',
    load: () => import('./commands/user-deactivate.ts'),
  },
  {
    name: 'user reactivate',
    summary: 'Unblock a deactivated user.',
    load: () => import('./commands/user-reactivate.ts'),
  },
  {
    name: 'user reset-password',
    summary: 'Set a new password for a user.',
    load: () => import('./commands/user-reset-password.ts'),
  },
  {
    name: 'user reset-link',
    summary: 'Create a link with which a user sets a new password.',
    load: () => import('./commands/user-reset-link.ts'),
  },
  {
    name: 'user sign-in-link',
    summary: 'Create a link with which a user signs in.',
    load: () => import('./commands/user-sign-in-link.ts'),
  },
  {
    name: 'scim create',
    summary: 'Create the SCIM credential of a provider.',
    load: () => import('./commands/scim-create.ts'),
  },
  {
    name: 'scim rotate',
    summary: 'Replace the SCIM credential of a provider.',
    load: () => import('./commands/scim-rotate.ts'),
  },
  {
    name: 'scim revoke',
    summary: 'Revoke the SCIM credentials of a provider.',
    load: () => import('./commands/scim-revoke.ts'),
  },
  {
    name: 'scim undo',
    summary: 'Reactivate users that directories deactivated.',
    load: () => import('./commands/scim-undo.ts'),
  },
  {
    name: 'workspace set-owner',
    summary: 'Make a user an Owner of a workspace.',
    load: () => import('./commands/workspace-set-owner.ts'),
  },
  {
    name: 'tokens revoke',
    summary: "Revoke a user's tokens, or all tokens.",
    load: () => import('./commands/tokens-revoke.ts'),
  },
  {
    name: 'import',
    summary: 'Import tokens of another system.',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'clock reset',
    summary: 'Accept a clock that was set back.',
    load: () => import('./commands/clock-reset.ts'),
  },
  {
    name: 'backup',
    summary: 'Back up the database while the server runs.',
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore',
    summary: 'Restore a backup.',
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'scan',
    summary: 'Find secrets in files or standard input.',
    load: () => import('./commands/scan.ts'),
  },
  { name: 'schema', summary: 'Print the GraphQL schema.', load: () => import('./commands/schema.ts') },
];
