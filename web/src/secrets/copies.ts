/** The name of the variable that holds a token in the copied texts and the code samples. */
export const VARIABLE = 'POSTERN_TOKEN';

/** The texts that a secret can be copied as. */
export const COPIES = [
  { title: '.env line', text: (secret: string) => `${VARIABLE}=${secret}` },
  {
    title: 'curl',
    text: (secret: string, origin: string) =>
      [
        `curl ${origin}/graphql`,
        `-H 'Authorization: Bearer ${secret}'`,
        `-H 'Content-Type: application/json'`,
        `-d '{"query":"{ viewer { token { name status } } }"}'`,
      ].join(' \\\n  '),
  },
  { title: 'gh secret set', text: (secret: string) => `gh secret set ${VARIABLE} --body ${secret}` },
] as const;

/** Returns a secret with dots in place of its random characters. */
export function maskSecret(secret: string): string {
  const tag = secret.lastIndexOf('_') + 1;
  return `${secret.slice(0, tag)}${'•'.repeat(secret.length - tag)}`;
}
