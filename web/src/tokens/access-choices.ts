import type { Choice } from '../components/field.tsx';
import type { TokenAccess } from '../generated/hooks.ts';
import { ACCESS_NAMES } from '../labels.ts';

/** How much a personal token may do, each with what it means. */
export const ACCESS_CHOICES: readonly Choice<TokenAccess>[] = [
  {
    value: 'NONE',
    title: ACCESS_NAMES.NONE,
    meaning: 'It exists, and every request with it is refused until you give it more.',
  },
  {
    value: 'SCOPED',
    title: ACCESS_NAMES.SCOPED,
    meaning: 'It may do what its scopes list, and only where you may do it yourself.',
  },
  {
    value: 'FULL',
    title: ACCESS_NAMES.FULL,
    meaning:
      'It may do what you may with workspaces and channels; never what needs a role, and nothing to tokens.',
  },
];

export const FULL_ACCESS_WARNING =
  'Whoever holds this token reads and writes all you can reach. Prefer scopes where you can name what it needs.';
