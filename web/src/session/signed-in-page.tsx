import { useEffect } from 'react';
import { AuthLayout } from './auth-layout.tsx';

/** The page of a window in which a person has signed in at a provider. It closes itself; the page that opened it continues. */
export function SignedInPage() {
  useEffect(() => window.close(), []);
  return (
    <AuthLayout title="You are signed in">
      <p>Close this window, and continue in the other one.</p>
    </AuthLayout>
  );
}
