import { mutation } from '../../mutation.ts';
import { NEW_SESSION } from './sessions.ts';

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
  payload: NEW_SESSION,
});
