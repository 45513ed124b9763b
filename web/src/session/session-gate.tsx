import { createContext, type ReactNode, useContext } from 'react';
import { isSignedOut } from '../api/errors.ts';
import { Failure, Loading } from '../components/states.tsx';
import { type MeQuery, useMeQuery } from '../generated/hooks.ts';
import { AuthLayout } from './auth-layout.tsx';

type Me = NonNullable<NonNullable<MeQuery['viewer']>['user']>;

const MeContext = createContext<Me | null>(null);

/**
 * Shows its children to a signed-in person only; anyone else is led to sign-in by the client itself. Once a person is
 * known, the children stay: what fails from then on is told beside them.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const [{ data, error }, reload] = useMeQuery();
  const me = data?.viewer?.user;
  if (me) return <MeContext value={me}>{children}</MeContext>;
  if (error && !isSignedOut(error)) {
    return (
      <AuthLayout title="Can't load the console">
        <Failure error={error} onRetry={reload} />
      </AuthLayout>
    );
  }
  return <Loading what="the console" />;
}

/** The person who is signed in. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('nobody is signed in here');
  return me;
}
