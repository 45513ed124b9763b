import { type FormEvent, useState } from 'react';
import { Button } from '../components/button.tsx';
import { Description, DescriptionList } from '../components/description-list.tsx';
import { type Choice, ChoiceField, SelectField, TextField } from '../components/field.tsx';
import { Problem, Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type DeviceRequestQuery,
  useApproveDeviceMutation,
  useDenyDeviceMutation,
} from '../generated/hooks.ts';
import { describeScope } from '../scopes/describe-access.ts';
import { useScopeTargets } from '../scopes/use-scope-targets.ts';

/** A request that the person decides on, with the code that was typed. */
export interface TypedRequest {
  readonly userCode: string;
  readonly request: NonNullable<DeviceRequestQuery['deviceRequest']>;
}

type Grant = 'session' | 'token';
type Request = TypedRequest['request'];

const DAYS = [1, 7, 30];

/** What the person can give. A token is offered only if the program asked for scopes. */
function choicesFor({ requestedScopes }: Request, described: readonly string[]): readonly Choice<Grant>[] {
  const session: Choice<Grant> = {
    value: 'session',
    title: 'A session for this command line',
    description:
      'For 12 hours, it can do almost everything that you can do. It cannot do what asks you to confirm your password.',
  };
  const token: Choice<Grant> = {
    value: 'token',
    title: 'A personal token',
    description: `It can ${described.join('; ')}. Nothing else.`,
  };
  return requestedScopes.length === 0 ? [session] : [token, session];
}

function DeviceFacts({ request }: { request: Request }) {
  const { clientName, address, callerAddress } = request;
  return (
    <>
      <DescriptionList>
        <Description name="Calls itself (unverified)">
          <q className="device-name">{clientName}</q>
        </Description>
        <Description name="Its address">
          <span className="mono">{address}</span>
        </Description>
        <Description name="Your address">
          <span className="mono">{callerAddress}</span>
        </Description>
      </DescriptionList>
      {address !== callerAddress && (
        <Warning>
          The program runs at another address than this browser. That is expected only if you started it on
          another machine.
        </Warning>
      )}
    </>
  );
}

/** Shows who asks, and lets the person decide. Nothing is selected at first. */
export function DeviceDecision({
  typed: { userCode, request },
  onDone,
  onBack,
}: {
  typed: TypedRequest;
  onDone: (result: 'allowed' | 'refused') => void;
  onBack: () => void;
}) {
  const { targets } = useScopeTargets();
  const [grant, setGrant] = useState<Grant | null>(null);
  const [name, setName] = useState(request.clientName);
  const [days, setDays] = useState('7');
  const approval = useSubmit(useApproveDeviceMutation(), { fields: ['token.name', 'token.expires'] });
  const denial = useSubmit(useDenyDeviceMutation());
  const described = targets
    ? request.requestedScopes.map((scope) => describeScope(scope, targets))
    : ['do what it asked for'];

  function tokenInput() {
    const scopes = request.requestedScopes.map(({ entityType, operations, entityId, workspaceId }) => ({
      entityType,
      operations,
      entityId,
      workspaceId,
    }));
    return { name, access: 'SCOPED' as const, scopes, expires: { after: `P${days}D` } };
  }

  async function allow(event: FormEvent) {
    event.preventDefault();
    const token = grant === 'token' ? tokenInput() : null;
    if (await approval.submit({ input: { userCode, token } }, 'Allowed')) onDone('allowed');
  }

  async function refuse() {
    if (await denial.submit({ userCode }, 'Refused')) onDone('refused');
  }

  const problem = approval.problem ?? denial.problem;
  return (
    <form className="device-form" onSubmit={allow}>
      <DeviceFacts request={request} />
      <ChoiceField
        label="What do you give it?"
        choices={choicesFor(request, described)}
        value={grant}
        onChange={setGrant}
      />
      {grant === 'token' && (
        <>
          <TextField
            label="Name of the token"
            required
            value={name}
            error={approval.errors['token.name']}
            onChange={(event) => setName(event.target.value)}
          />
          <SelectField
            label="Expires after"
            value={days}
            error={approval.errors['token.expires']}
            onChange={(event) => setDays(event.target.value)}
          >
            {DAYS.map((each) => (
              <option key={each} value={each}>
                {each === 1 ? '1 day' : `${each} days`}
              </option>
            ))}
          </SelectField>
        </>
      )}
      {problem && <Problem>{problem}</Problem>}
      <div className="device-actions">
        <Button type="submit" variant="primary" busy={approval.busy} disabled={grant === null || denial.busy}>
          Allow
        </Button>
        <Button variant="danger" busy={denial.busy} disabled={approval.busy} onClick={refuse}>
          Refuse
        </Button>
        <Button disabled={approval.busy || denial.busy} onClick={onBack}>
          Type another code
        </Button>
      </div>
    </form>
  );
}
