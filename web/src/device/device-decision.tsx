import { type FormEvent, useState } from 'react';
import { Button } from '../components/button.tsx';
import { Description, DescriptionList } from '../components/description-list.tsx';
import { type Choice, ChoiceField, SelectField, TextField } from '../components/field.tsx';
import { Failure, Problem, Warning } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import {
  type DeviceRequestQuery,
  useApproveDeviceMutation,
  useDenyDeviceMutation,
} from '../generated/hooks.ts';
import { describeScope } from '../scopes/describe-access.ts';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { useScopeTargets } from '../scopes/use-scope-targets.ts';
import { useMe } from '../session/session-gate.tsx';

/** A request that the person decides on, with the code that was typed. */
export interface TypedRequest {
  readonly userCode: string;
  readonly request: NonNullable<DeviceRequestQuery['deviceRequest']>;
}

type Grant = 'session' | 'token';
type Request = TypedRequest['request'];

const DAYS = [1, 7, 30];

type Scope = Request['requestedScopes'][number];

/** A text that the program wrote. Its frame shows where it ends, and it changes the order of no other text. */
function ClientText({ children }: { children: string }) {
  return (
    <q className="device-text">
      <bdi>{children}</bdi>
    </q>
  );
}

/** What a scope allows. An id of another service is a text of the program, so it does not continue the sentence. */
function ScopeText({ scope, targets }: { scope: Scope; targets: ScopeTargets }) {
  const { entityType, entityId } = scope;
  const text = describeScope(scope, targets);
  if (!entityId || targets.entitiesOf(entityType)) return text;
  return (
    <>
      {text.slice(0, -entityId.length)}
      <ClientText>{entityId}</ClientText>
    </>
  );
}

/** What the person can give. A token is offered only if the program asked for scopes. */
function choicesFor({ requestedScopes }: Request): readonly Choice<Grant>[] {
  const session: Choice<Grant> = {
    value: 'session',
    title: 'A session for this command line',
    description:
      'For 12 hours, it can do almost everything that you can do. It cannot do what asks you to confirm your password.',
  };
  const token: Choice<Grant> = {
    value: 'token',
    title: 'A personal token',
    description: 'It can do what the program asks for, as listed above, and nothing else.',
  };
  return requestedScopes.length === 0 ? [session] : [token, session];
}

function DeviceFacts({ request, targets }: { request: Request; targets: ScopeTargets | undefined }) {
  const me = useMe();
  const { clientName, address, callerAddress, requestedScopes } = request;
  return (
    <>
      <DescriptionList>
        <Description name="Calls itself (unverified)">
          <ClientText>{clientName}</ClientText>
        </Description>
        <Description name="It would act as">
          {me.name} ({me.email})
        </Description>
        <Description name="Its address">
          <span className="mono">{address}</span>
        </Description>
        <Description name="Your address">
          <span className="mono">{callerAddress}</span>
        </Description>
        {targets && requestedScopes.length > 0 && (
          <Description name="It asks for">
            <ul className="device-scopes">
              {requestedScopes.map((scope) => (
                <li key={JSON.stringify(scope)}>
                  <ScopeText scope={scope} targets={targets} />
                </li>
              ))}
            </ul>
          </Description>
        )}
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
  const { targets, error, reload } = useScopeTargets();
  const [grant, setGrant] = useState<Grant | null>(null);
  const [name, setName] = useState(request.clientName);
  const [days, setDays] = useState('7');
  const approval = useSubmit(useApproveDeviceMutation(), { fields: ['token.name', 'token.expires'] });
  const denial = useSubmit(useDenyDeviceMutation());

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
  // Nothing is given that the page cannot describe.
  const undescribed = request.requestedScopes.length > 0 && !targets;
  return (
    <form className="device-form" onSubmit={allow}>
      <DeviceFacts request={request} targets={targets} />
      <ChoiceField
        label="What do you give it?"
        choices={choicesFor(request)}
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
      {undescribed && error && <Failure error={error} onRetry={reload} />}
      {problem && <Problem>{problem}</Problem>}
      <div className="device-actions">
        <Button
          type="submit"
          variant="primary"
          busy={approval.busy}
          disabled={grant === null || undescribed || denial.busy}
        >
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
