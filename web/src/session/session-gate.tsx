import { createContext, type ReactNode, useContext } from 'react';
import { isSignedOut } from '../api/errors.ts';
import { Failure, Loading } from '../components/states.tsx';
import { type MeQuery, useMeQuery } from '../generated/hooks.ts';
import { AuthLayout } from './auth-layout.tsx';

type Viewer = NonNullable<MeQuery['viewer']>;
type Me = NonNullable<Viewer['user']>;

const MeContext = createContext<Me | null>(null);
const MaxLifetimeContext = createContext<Viewer['tokenMaxLifetime']>('P1D');

/**
 * Shows its children only to a signed-in user. The client redirects everyone else to sign-in. Once the user is known,
 * the children stay, and later failures are shown in the connection bar.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const [{ data, error }, reload] = useMeQuery();
  const viewer = data?.viewer;
  if (viewer?.user) {
    return (
      <MeContext value={viewer.user}>
        <MaxLifetimeContext value={viewer.tokenMaxLifetime}>{children}</MaxLifetimeContext>
      </MeContext>
    );
  }
  if (error && !isSignedOut(error)) {
    return (
      <AuthLayout title="Can't load the console">
        <Failure error={error} onRetry={reload} />
      </AuthLayout>
    );
  }
  return <Loading what="the console" />;
}

/** Returns the signed-in user. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('no user is signed in');
  return me;
}

/** Returns the longest lifetime of a new personal token on this server, as an ISO 8601 duration. */
export function useMaxLifetime(): string {
  return useContext(MaxLifetimeContext);
}
