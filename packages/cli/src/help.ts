/** The commands in the order of the help, each with its arguments and what it does. */
export const COMMANDS: readonly (readonly [name: string, usage: string, about: string])[] = [
  ['login', 'login [URL] [--scope SCOPE]', 'get a session for 12 hours, or a token'],
  ['logout', 'logout', 'end the session and forget it'],
  ['whoami', 'whoami', 'show who you are'],
  ['create', 'create NAME [options]', 'create a personal token; prints its secret'],
  ['list', 'list [--status STATUS]', 'list your tokens'],
  ['show', 'show TOKEN', 'show a token'],
  ['update', 'update TOKEN [options]', 'change name, description, access or scopes'],
  ['regenerate', 'regenerate TOKEN', 'replace the secret; prints the new one'],
  ['disable', 'disable TOKEN', 'stop a token until it is enabled'],
  ['enable', 'enable TOKEN', 'enable a disabled token'],
  ['revoke', 'revoke TOKEN', 'end the secret permanently'],
  ['delete', 'delete TOKEN', 'delete a token and all derived from it'],
  ['can', 'can OPERATION TYPE [ID]', 'ask whether you are allowed to do it'],
  ['scopes', 'scopes for FILE', 'the scopes that a GraphQL document needs'],
  ['completion', 'completion SHELL', 'print completion for bash, zsh or fish'],
];

/** The options, each with its value and what it does. */
export const OPTIONS: readonly (readonly [usage: string, about: string])[] = [
  ['--scope SCOPE', 'what the token can do; can be repeated'],
  ['--access LEVEL', 'none, scoped or full; default: none or scoped'],
  ['--expires WHEN', '30d, 12h, 2027-01-31 or never; default: 30d'],
  ['--description TEXT', 'a description of the token'],
  ['--name NAME', 'a new name, for update'],
  ['--overlap TIME', 'how long the old secret works, for regenerate'],
  ['--status STATUS', 'active, disabled, expired or revoked, for list'],
  ['--workspace ID', 'the workspace, for can'],
  ['--operation NAME', 'the operation of the document, for scopes'],
  ['--variables JSON', 'its variables: their ids narrow the scopes'],
  ['--server URL', 'another server than that of the last login'],
  ['--json', 'print JSON to stdout'],
  ['--help', 'show this help'],
  ['--version', 'show the version'],
];

const column = (text: string) => `  ${text.padEnd(29)}`;

/** Returns the help. */
export function helpText(): string {
  return `pat: access tokens of a Postern server

Usage: pat COMMAND [arguments] [options]

Commands:
${COMMANDS.map(([, usage, about]) => `${column(usage)}${about}`).join('\n')}

Options:
${OPTIONS.map(([usage, about]) => `${column(usage)}${about}`).join('\n')}

TOKEN is an id (tok_…), an identifier or the name of one of your tokens.
SCOPE is type:operations[:entity][@workspace], such as
  channel:publish   channel:read,list@wsp_…   repository:read:acme/*@wsp_…

Examples:
  pat login https://postern.example
  pat create ci --scope channel:publish --expires 30d
  pat create deploy --scope channel:publish > secret.txt
  pat can publish channel chn_…

Environment:
  POSTERN_TOKEN    a secret to use instead of the login; needs POSTERN_URL
  POSTERN_URL      the server

A secret is printed alone to stdout, everything else to stderr.
Exit status: 0 done, 1 refused, 2 wrong usage, 3 server unreachable.
`;
}
