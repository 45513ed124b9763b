import type { Choice } from '../components/field.tsx';
import type { TokenAccess } from '../generated/hooks.ts';
import { ACCESS_NAMES } from '../labels.ts';

/** The access levels of a personal token, each with its explanation. */
export const ACCESS_CHOICES: readonly Choice<TokenAccess>[] = [
  {
    value: 'NONE',
    title: ACCESS_NAMES.NONE,
    description: 'Every request is refused until you grant access.',
  },
  {
    value: 'SCOPED',
    title: ACCESS_NAMES.SCOPED,
    description: 'Only what you select below, and never more than you can do.',
  },
  {
    value: 'FULL',
    title: ACCESS_NAMES.FULL,
    description:
      'Everything you can do with workspaces and channels. No role-only actions, no managing tokens.',
  },
];

/** The access levels of a workspace token, each with its explanation. */
export const WORKSPACE_ACCESS_CHOICES: readonly Choice<TokenAccess>[] = [
  { value: 'ROLE', title: ACCESS_NAMES.ROLE, description: 'Everything that its role can do.' },
  {
    value: 'SCOPED',
    title: ACCESS_NAMES.SCOPED,
    description: 'Only what you select below. No role-only actions. For customers of your product.',
  },
];

export const FULL_ACCESS_WARNING =
  'Anyone with this token can read and change everything you can. Use scopes if you can.';
