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

/** Returns the link that opens an invitation. Browsers do not send what is after the #, so no server logs it. */
export function invitationLink(secret: string): string {
  return `${window.location.origin}/invitation#${secret}`;
}

/** Returns a secret, or a link that ends with one, with dots in place of its random characters. */
export function maskSecret(secret: string): string {
  const tag = secret.lastIndexOf('_') + 1;
  return `${secret.slice(0, tag)}${'•'.repeat(secret.length - tag)}`;
}
