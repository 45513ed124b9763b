import { implementNode } from '../../implement-node.ts';
import { UserRef } from '../../refs.ts';

implementNode(UserRef, {
  description: 'A user with an account.',
  fields: (t) => ({
    email: t.expose('email', {
      type: 'EmailAddress',
      description: 'The address that the user signs in with.',
    }),
    emailVerified: t.boolean({
      description:
        'Whether the operator has verified the address. An invitation can create an account with any address, so do not identify a person by an unverified address.',
      resolve: (user) => user.emailVerifiedAt !== null,
    }),
    name: t.exposeString('name', { description: 'The name of the user.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the account was created.',
      resolve: (user) => new Date(user.createdAt),
    }),
  }),
});
