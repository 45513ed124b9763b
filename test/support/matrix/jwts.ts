import { decodeGlobalId } from '../../../src/domain/global-id.ts';
import { insertIdentity } from '../../../src/storage/repositories/accounts/identities.ts';
import type { JwtIssuer } from '../jwt-issuer.ts';
import type { InvalidCredential } from './callers.ts';
import type { NamedCaller, World } from './world.ts';

const LINKED = ['viewer', 'owner'] as const;

/** Links people to subjects of their names and returns them as callers by JSON Web Tokens, signed in just now. */
export async function createJwtCallers(
  { postern, people }: World,
  issuer: JwtIssuer,
): Promise<NamedCaller[]> {
  const callers: NamedCaller[] = [];
  for (const [index, name] of LINKED.entries()) {
    const { id } = people[name];
    const key = { provider: 'corp', subject: name };
    const userId = decodeGlobalId('User', id);
    const identityId = `01900000-0000-7000-8000-00000000000${index}`;
    await insertIdentity(postern.database.db, {
      id: identityId,
      userId,
      ...key,
      linkedAt: 0,
      lastUsedAt: null,
    });
    // Issued before anything that the matrix does, and valid for as long as it can be.
    const secret = await issuer.token({ at: postern.now(), claims: { sub: name } });
    callers.push({ name: `the ${name}, by a JWT`, secret, who: { kind: 'session', user: id, isJwt: true } });
  }
  return callers;
}

/** Returns JSON Web Tokens that are refused. */
export async function createInvalidJwts({ postern }: World, issuer: JwtIssuer): Promise<InvalidCredential[]> {
  const at = postern.now();
  const refused = { status: 401, code: 'INVALID_SESSION' };
  const token = (claims: Record<string, unknown>, header = {}) => issuer.token({ at, claims, header });
  return [
    { name: 'a JWT that has expired', secret: await issuer.token({ at: at - 3_600_000 }), ...refused },
    { name: 'a JWT for another audience', secret: await token({ sub: 'owner', aud: 'other' }), ...refused },
    { name: 'an ID token', secret: await token({ sub: 'owner', nonce: 'n' }, { typ: 'JWT' }), ...refused },
  ];
}
