import { type FormEvent, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { codeOf, describeError } from '../api/errors.ts';
import { Button } from '../components/button.tsx';
import { TextField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { Empty, Problem, Warning } from '../components/states.tsx';
import { DeviceRequestDocument, type DeviceRequestQuery } from '../generated/hooks.ts';
import './device.css';
import { DeviceDecision, type TypedRequest } from './device-decision.tsx';

/** Returns why a code was refused. */
function describeRefusal(error: CombinedError): string {
  return error.graphQLErrors.some((each) => codeOf(each) === 'NOT_FOUND')
    ? 'No program waits with this code. It may be mistyped, used or older than ten minutes.'
    : describeError(error);
}

/** Looks up a code. It is sent only when the person submits it, because each wrong one counts. */
function CodeForm({ onFound }: { onFound: (found: TypedRequest) => void }) {
  const client = useClient();
  const [userCode, setUserCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    const options = { requestPolicy: 'network-only' } as const;
    const { data, error } = await client.query(DeviceRequestDocument, { userCode }, options).toPromise();
    setBusy(false);
    const request = (data as DeviceRequestQuery | undefined)?.deviceRequest;
    if (request) onFound({ userCode, request });
    else setProblem(error ? describeRefusal(error) : 'The code could not be checked. Try again.');
  }

  return (
    <form className="device-form" onSubmit={submit}>
      <Warning>
        Type a code only if you started a program yourself, just now, and it shows this code. If someone sent
        you the code, close this page: they would act as you.
      </Warning>
      <div className="device-code">
        <TextField
          label="Code"
          hint="Eight letters, such as BCDF-GHJK. Five wrong codes lock this page for 15 minutes."
          name="user-code"
          autoCapitalize="characters"
          spellCheck={false}
          required
          autoFocus
          value={userCode}
          onChange={(event) => setUserCode(event.target.value)}
        />
      </div>
      {problem && <Problem>{problem}</Problem>}
      <Button type="submit" variant="primary" busy={busy}>
        Continue
      </Button>
    </form>
  );
}

/** Lets a person give a program, such as a command line, a session or a token. The code is always typed, never in the address. */
export default function DevicePage() {
  const [typed, setTyped] = useState<TypedRequest | null>(null);
  const [result, setResult] = useState<'allowed' | 'refused' | null>(null);
  return (
    <Page title="Connect a command line" narrow>
      {result ? (
        <Empty title={result === 'allowed' ? 'Allowed' : 'Refused'}>
          {result === 'allowed'
            ? 'Return to the command line, which continues in a few seconds. You can close this page.'
            : 'The program gets nothing. You can close this page.'}
        </Empty>
      ) : typed ? (
        <DeviceDecision typed={typed} onDone={setResult} onBack={() => setTyped(null)} />
      ) : (
        <CodeForm onFound={setTyped} />
      )}
    </Page>
  );
}
