import { type FormEvent, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { signInPath, useResetClient } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { Checkbox, TextField } from '../components/field.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useAcceptInvitationMutation, useMeQuery } from '../generated/hooks.ts';
import { AuthLayout } from '../session/auth-layout.tsx';
import { useSignIn } from '../session/use-sign-in.ts';

const EMPTY = { secret: '', isNew: false, name: '', password: '' };

/**
 * Accepts an invitation to a workspace, with the signed-in account or a new one. The user pastes the secret, because a
 * link would leak it.
 */
export default function InvitationPage() {
  const [form, setForm] = useState(EMPTY);
  const [{ data, fetching }] = useMeQuery();
  const me = data?.viewer?.user;
  const accept = useSubmit(useAcceptInvitationMutation(), {
    fields: form.isNew ? ['secret', 'name', 'password'] : ['secret'],
  });
  const signIn = useSignIn();
  const resetClient = useResetClient();
  const [path] = useLocation();
  const problem = accept.problem ?? signIn.problem;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const { isNew, name, password } = form;
    const data = await accept.submit({
      input: { secret: form.secret.trim(), ...(isNew && { name, password }) },
    });
    const joined = data?.acceptInvitation;
    if (!joined) return;
    if (isNew && joined.member && !(await signIn.signIn(joined.member.user.email, password))) return;
    resetClient(joined.workspace ? `/workspaces/${joined.workspace.id}` : '/workspaces');
  }

  return (
    <AuthLayout
      title="Accept an invitation"
      footer={
        me ? (
          <>
            You are signed in as {me.email}. <Link href="/">Back to the console</Link>
          </>
        ) : (
          <>
            Already have an account? <Link href={signInPath(path)}>Sign in</Link> first.
          </>
        )
      }
    >
      <form className="auth-form" onSubmit={submit}>
        <TextField
          label="Invitation"
          error={accept.errors.secret}
          hint="Paste the invitation you received. It starts with inv_."
          type="password"
          required
          spellCheck={false}
          value={form.secret}
          onChange={(event) => setForm({ ...form, secret: event.target.value })}
        />
        {!me && !fetching && (
          <Checkbox
            label="I don't have an account yet"
            checked={form.isNew}
            onChange={(event) => setForm({ ...form, isNew: event.target.checked })}
          />
        )}
        {form.isNew && (
          <>
            <TextField
              label="Name"
              error={accept.errors.name}
              autoComplete="name"
              required
              maxLength={100}
              value={form.name}
              onChange={(event) => setForm({ ...form, name: event.target.value })}
            />
            <TextField
              label="Password"
              error={accept.errors.password}
              type="password"
              autoComplete="new-password"
              hint="At least 12 characters."
              required
              minLength={12}
              maxLength={256}
              value={form.password}
              onChange={(event) => setForm({ ...form, password: event.target.value })}
            />
          </>
        )}
        {problem && <Problem>{problem}</Problem>}
        <Button type="submit" variant="primary" busy={accept.busy || signIn.busy}>
          Join
        </Button>
      </form>
    </AuthLayout>
  );
}
