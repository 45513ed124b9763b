import type { Command } from './command.ts';

/** A command by name, with what the overview says of it. It is loaded when it is called: most need only a part. */
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
    summary: 'Bring the database to the newest schema.',
    load: () => import('./commands/migrate.ts'),
  },
  {
    name: 'migrate-to',
    summary: 'Move an SQLite file to PostgreSQL.',
    load: () => import('./commands/migrate-to.ts'),
  },
  { name: 'user create', summary: 'Create a user.', load: () => import('./commands/user-create.ts') },
  { name: 'user list', summary: 'List the users.', load: () => import('./commands/user-list.ts') },
  {
    name: 'user verify',
    summary: "Vouch for a user's email.",
    load: () => import('./commands/user-verify.ts'),
  },
  {
    name: 'user release',
    summary: 'Take an unverified email away from its user.',
    load: () => import('./commands/user-release.ts'),
  },
  {
    name: 'user deactivate',
    summary: 'Shut a user out.',
    load: () => import('./commands/user-deactivate.ts'),
  },
  {
    name: 'user reactivate',
    summary: 'Let a deactivated user in again.',
    load: () => import('./commands/user-reactivate.ts'),
  },
  {
    name: 'user reset-password',
    summary: 'Give a user a new password.',
    load: () => import('./commands/user-reset-password.ts'),
  },
  {
    name: 'tokens revoke',
    summary: "Revoke a user's tokens, or all.",
    load: () => import('./commands/tokens-revoke.ts'),
  },
  {
    name: 'clock reset',
    summary: 'Accept a clock that was set back.',
    load: () => import('./commands/clock-reset.ts'),
  },
  {
    name: 'backup',
    summary: 'Copy the database while the server runs.',
    load: () => import('./commands/backup.ts'),
  },
  {
    name: 'restore',
    summary: 'Put a backup where there is no database.',
    load: () => import('./commands/restore.ts'),
  },
  {
    name: 'scan',
    summary: 'Look for secrets in files or standard input.',
    load: () => import('./commands/scan.ts'),
  },
  { name: 'schema', summary: 'Print the GraphQL schema.', load: () => import('./commands/schema.ts') },
];
