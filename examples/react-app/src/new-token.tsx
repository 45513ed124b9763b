import { type FormEvent, useState } from 'react';
import { describeError } from './client.ts';
import { type CreateTokenInput, useCreateTokenMutation } from './generated/hooks.ts';

/** The least access with which a script can read channels. */
const ACCESS: Omit<CreateTokenInput, 'name'> = {
  access: 'SCOPED',
  scopes: [{ entityType: 'channel', operations: ['READ', 'LIST'] }],
  expires: { after: 'P7D' },
};

/**
 * A form that creates a token and shows its secret once. The secret exists only in the state of this component: the cache does
 * not store results of mutations.
 */
export function NewToken() {
  const [{ error, fetching }, createToken] = useCreateTokenMutation();
  const [secret, setSecret] = useState<string | null>(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const name = String(new FormData(form).get('name'));
    const { data } = await createToken({ input: { name, ...ACCESS } });
    if (!data?.createToken) return;
    setSecret(data.createToken.secret);
    form.reset();
  }

  if (secret) {
    return (
      <section>
        <h2>Copy the secret now</h2>
        <p>
          It is not shown again: <output>{secret}</output>
        </p>
        <button type="button" onClick={() => setSecret(null)}>
          Done
        </button>
      </section>
    );
  }
  return (
    <form onSubmit={submit}>
      <h2>New token</h2>
      <label>
        Name <input name="name" maxLength={100} required />
      </label>
      <button type="submit" disabled={fetching}>
        Create token
      </button>
      {error && <p role="alert">{describeError(error)}</p>}
    </form>
  );
}
