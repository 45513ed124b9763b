import { type FormEvent, useState } from 'react';
import { useResetClient } from '../api/api-provider.tsx';
import { Button } from '../components/button.tsx';
import { ChoiceField, TextField } from '../components/field.tsx';
import { Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useAcceptInvitationMutation } from '../generated/hooks.ts';
import { useSignIn } from '../session/use-sign-in.ts';

type Who = 'account' | 'new';

const EMPTY = { invitation: '', who: null as Who | null, email: '', name: '', password: '' };

type Form = typeof EMPTY;

const CHOICES = [
  { value: 'account', title: 'I have an account', description: 'Sign in to join.' },
  { value: 'new', title: 'I am new', description: 'Create an account for the invited address.' },
] as const;

const ACTIONS = { account: 'Sign in and join', new: 'Create account and join' } as const;

/** The fields of a person with an account, or of one without. */
function PersonFields({
  form,
  errors,
  onChange,
}: {
  form: Form;
  errors: { readonly name?: string; readonly password?: string };
  onChange: (form: Form) => void;
}) {
  const field = (key: 'email' | 'name' | 'password') => ({
    required: true,
    value: form[key],
    onChange: (event: { target: HTMLInputElement }) => onChange({ ...form, [key]: event.target.value }),
  });
  if (form.who === 'account') {
    return (
      <>
        <TextField label="Email" type="email" autoComplete="username" {...field('email')} />
        <TextField label="Password" type="password" autoComplete="current-password" {...field('password')} />
      </>
    );
  }
  return (
    <>
      <TextField label="Name" error={errors.name} autoComplete="name" {...field('name')} />
      <TextField
        label="Password"
        error={errors.password}
        type="password"
        autoComplete="new-password"
        hint="At least 12 characters."
        minLength={12}
        {...field('password')}
      />
    </>
  );
}

/** Returns a function that accepts an invitation and opens its workspace, and what went wrong. */
function useAcceptance() {
  const accept = useSubmit(useAcceptInvitationMutation(), { fields: ['invitation', 'name', 'password'] });
  const { signIn, ...signingIn } = useSignIn();
  const resetClient = useResetClient();

  async function join(secret: string, { who, email, name, password }: Form): Promise<void> {
    if (who === 'account' && !(await signIn(email, password))) return;
    const data = await accept.submit({ input: { secret, ...(who === 'new' && { name, password }) } });
    const joined = data?.acceptInvitation;
    if (!joined) return;
    if (who === 'new' && joined.member && !(await signIn(joined.member.user.email, password))) return;
    resetClient(joined.workspace ? `/workspaces/${joined.workspace.id}` : '/workspaces');
  }

  const { errors } = accept;
  const problem = accept.problem ?? signingIn.problem;
  return { join, errors, problem, busy: accept.busy || signingIn.busy };
}

interface InvitationFormProps {
  /** The secret of the link; empty if the person pastes it. */
  readonly linked: string;
  /** Whether to ask a person who is not signed in for who they are. */
  readonly asks: boolean;
  /** Whether the person can create an account with a password. */
  readonly createsAccounts: boolean;
}

/** The form of an invitation. */
export function InvitationForm({ linked, asks, createsAccounts }: InvitationFormProps) {
  const [form, setForm] = useState(EMPTY);
  const { join, errors, problem, busy } = useAcceptance();
  const isLinked = linked !== '';
  const who = asks ? form.who : null;

  function submit(event: FormEvent) {
    event.preventDefault();
    void join(isLinked ? linked : form.invitation.trim(), { ...form, who });
  }

  return (
    <form className="auth-form" onSubmit={submit}>
      {isLinked && errors.invitation && <Problem>{errors.invitation}</Problem>}
      {!isLinked && (
        <TextField
          label="Invitation"
          error={errors.invitation}
          hint="Paste the secret of the invitation, or open its link instead. It starts with inv_."
          type="password"
          required
          spellCheck={false}
          value={form.invitation}
          onChange={(event) => setForm({ ...form, invitation: event.target.value })}
        />
      )}
      {asks && (
        <ChoiceField
          label="Who are you?"
          choices={createsAccounts ? CHOICES : CHOICES.slice(0, 1)}
          value={who}
          onChange={(next) => setForm({ ...form, who: next, password: '' })}
        />
      )}
      {who && <PersonFields form={form} errors={errors} onChange={setForm} />}
      {problem && <Problem>{problem}</Problem>}
      <Button type="submit" variant="primary" busy={busy} disabled={asks && who === null}>
        {who ? ACTIONS[who] : 'Join'}
      </Button>
    </form>
  );
}
