import { ROLES, type Role, rankOf } from '../../src/domain/roles.ts';
import type { Answer, TestApp } from './app.ts';
import { createPersonalToken, createWorkspaceToken } from './tokens.ts';

/** Calls the field under test in the owner's workspace, with a secret if given. */
export type Call = (secret: string | null) => Promise<Answer>;

function roleBelow(role: Role): Role {
  return ROLES[rankOf(role) - 1] ?? 'VIEWER';
}

function inWords({ errors }: Answer): string {
  const [error] = errors;
  if (!error) return 'allowed';
  const { code, reason, required } = error.extensions;
  return [code, reason, required?.role].filter(Boolean).join(' ');
}

/** The refusal of each caller whose authority is just too low for a field that requires a role. */
export async function refusalsBelow(
  postern: TestApp,
  role: Role,
  call: Call,
): Promise<Record<string, string>> {
  const below = roleBelow(role);
  const stranger = await postern.person('Stranger');
  const elsewhere = await postern.workspace('Elsewhere', [[stranger, 'OWNER']]);
  const foreign = await createWorkspaceToken(postern, 'OWNER', { workspaceId: elsewhere }, stranger.session);
  return {
    anonymous: inWords(await call(null)),
    'a stranger': inWords(await call(stranger.session)),
    'the token of another workspace': inWords(await call(foreign.secret)),
    'a member below': inWords(await call((await postern.person('Below', below)).session)),
    'a workspace token below': inWords(await call((await createWorkspaceToken(postern, below)).secret)),
    'the personal token of an Owner': inWords(
      await call((await createPersonalToken(postern, postern.owner.session)).secret),
    ),
  };
}

/** The expected refusals. */
export function refusalsFor(role: Role): Record<string, string> {
  return {
    anonymous: 'UNAUTHENTICATED',
    'a stranger': 'NOT_FOUND',
    'the token of another workspace': 'NOT_FOUND',
    'a member below': `FORBIDDEN ROLE_REQUIRED ${role}`,
    'a workspace token below': `FORBIDDEN ROLE_REQUIRED ${role}`,
    'the personal token of an Owner': 'FORBIDDEN ROLE_GATED',
  };
}
