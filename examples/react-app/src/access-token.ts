/**
 * Returns the access token that your identity provider gave this page for Postern; `null` if people sign in to Postern itself.
 * Replace it with a call of the library with which your page signs people in.
 */
export function accessToken(): string | null {
  const { posternAccessToken } = globalThis as { posternAccessToken?: string };
  return posternAccessToken ?? null;
}
