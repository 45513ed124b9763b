import { implementNode } from '../implement-node.ts';
import { UserRef } from '../refs.ts';

implementNode(UserRef, {
  description: 'A person with an account.',
  fields: (t) => ({
    email: t.expose('email', { type: 'EmailAddress', description: 'What the person signs in with.' }),
    emailVerified: t.boolean({
      description:
        'Whether the operator vouches for the address. Anybody can create an account with any address by an invitation, so do not identify a person by an unverified one.',
      resolve: (user) => user.emailVerifiedAt !== null,
    }),
    name: t.exposeString('name', { description: 'What the person is called.' }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the account was made.',
      resolve: (user) => new Date(user.createdAt),
    }),
  }),
});
