import { toGlobalId } from '../../domain/global-id.ts';
import type { User } from '../../domain/user.ts';
import { alignColumns } from '../columns.ts';
import type { Command } from '../command.ts';
import { asOperator } from '../operator.ts';

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function toJson(user: User) {
  return {
    id: toGlobalId('User', user.id),
    email: user.email,
    emailVerified: user.emailVerifiedAt !== null,
    name: user.name,
    createdAt: iso(user.createdAt),
    deactivatedAt: user.deactivatedAt === null ? null : iso(user.deactivatedAt),
  };
}

function toTable(users: readonly User[]): string[] {
  const rows = users.map((user) => [
    user.email,
    user.emailVerifiedAt === null ? 'no' : 'yes',
    user.deactivatedAt === null ? 'active' : 'deactivated',
    iso(user.createdAt),
    user.name,
  ]);
  return alignColumns([['EMAIL', 'VERIFIED', 'STATUS', 'CREATED', 'NAME'], ...rows]);
}

export const command: Command = {
  options: { json: { about: 'Print an array of objects instead of a table.' } },
  about: 'Lists all users, sorted by email.',
  run: (call) =>
    asOperator(call.config(), async (operator) => {
      const users = await operator.listUsers();
      const lines = call.has('json') ? [JSON.stringify(users.map(toJson), null, 2)] : toTable(users);
      lines.forEach(call.terminal.print);
    }),
};
