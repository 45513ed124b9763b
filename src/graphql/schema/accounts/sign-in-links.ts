import { mutation } from '../../mutation.ts';
import { UserRef } from '../../refs.ts';

mutation('signInWithLink', {
  description:
    'Signs in with a link, which the operator creates, and creates a session. A link works once, for ten minutes.',
  requires: { kind: 'person' },
  input: {
    description: 'The link of a user.',
    fields: (t) => ({
      secret: t.string({ required: true, description: 'The secret after the # of the link.' }),
    }),
  },
  resolve: async ({ secret }, { services, caller, setSession }) => {
    const session = await services.signInLinks.signIn(caller, secret);
    setSession(session.secret, session.expiresAt);
    return session;
  },
  payload: {
    description: 'A new session. The secret is also set as an HttpOnly cookie.',
    fields: (t) => ({
      user: t.expose('user', { type: UserRef, description: 'The signed-in user.' }),
      sessionToken: t.exposeString('secret', {
        description: 'The secret of the session, for the Authorization header (Bearer). It is shown once.',
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'When the session expires.',
        resolve: ({ expiresAt }) => new Date(expiresAt),
      }),
    }),
  },
});
