import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Button } from '../components/button.tsx';
import { CopyIconButton } from '../components/copy-icon-button.tsx';
import { Description, DescriptionList } from '../components/description-list.tsx';
import { Page, Section } from '../components/page.tsx';
import { Failure, Loaded, Warning } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { useDraft } from '../drafts/use-draft.ts';
import {
  type FederationPartsFragment,
  useFederationsQuery,
  useUpdateFederationMutation,
} from '../generated/hooks.ts';
import { NotFoundPage } from '../not-found-page.tsx';
import { refusalByRole } from '../roles.ts';
import type { ScopeTargets } from '../scopes/scope-targets.ts';
import { useScopeTargets } from '../scopes/use-scope-targets.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { DeleteFederationDialog } from './delete-federation-dialog.tsx';
import { changesIn, type FederationValue, toValue } from './federation-draft.ts';
import { FederationForm, fieldsOf, useSent } from './federation-form.tsx';

interface Props {
  readonly workspace: Workspace;
  readonly federation: FederationPartsFragment;
}

function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <>
      <code>{text}</code> <CopyIconButton text={text} label={`Copy ${what}`} />
    </>
  );
}

/** What a workload needs to exchange its JWT. */
function FederationFacts({ federation }: Pick<Props, 'federation'>) {
  return (
    <DescriptionList>
      <Description name="Audience of the JWT">
        <Copyable text={federation.audience} what="the audience" />
      </Description>
      <Description name="Where to exchange it">
        <Copyable text={`${window.location.origin}/oauth/token`} what="the address" />
      </Description>
      <Description name="Issuer">
        <code>{federation.issuer}</code>
      </Description>
      <Description name="Last used">
        {federation.lastUsedAt ? <Time value={federation.lastUsedAt} relative /> : 'Never used'}
      </Description>
    </DescriptionList>
  );
}

/** What the user edits, and what it was before, so that only what the user changed is sent. */
interface EditedValue extends FederationValue {
  readonly before: FederationValue;
}

function EditForm({ workspace, federation, targets }: Props & { targets: ScopeTargets }) {
  const draft = useDraft<EditedValue>(`federation.${federation.id}`, () => {
    const before = toValue(federation, targets);
    return { ...before, before };
  });
  const [sent, setSent] = useSent();
  const form = useSubmit(useUpdateFederationMutation(), { fields: fieldsOf(sent) });

  async function save() {
    setSent(draft.value);
    const input = { ...changesIn(draft.value.before, draft.value), id: federation.id };
    if (await form.submit({ input }, 'Federation saved')) draft.clear();
  }

  return (
    <FederationForm
      action="Save"
      workspace={workspace}
      draft={draft}
      form={form}
      sent={sent}
      onSubmit={save}
      onCancel={draft.reset}
    >
      <Warning>A change of anything but the name ends the tokens of this federation immediately.</Warning>
    </FederationForm>
  );
}

/** Returns a text that changes with what the form edits, so that the form starts again after a change. */
function versionOf({ lastUsedAt: _, ...federation }: FederationPartsFragment): string {
  return JSON.stringify(federation);
}

function FoundFederation({ workspace, federation }: Props) {
  const [, go] = useLocation();
  const [deleting, setDeleting] = useState(false);
  const { targets, error, reload } = useScopeTargets({ workspaceId: workspace.id });
  const refusal = refusalByRole(workspace.viewerRole, 'ADMINISTRATOR', federation.role);
  return (
    <Page
      title={federation.name}
      lead={<Link href={`/workspaces/${workspace.id}/federations`}>Federations of {workspace.name}</Link>}
      narrow
      actions={
        <Button variant="danger-quiet" refusal={refusal} onClick={() => setDeleting(true)}>
          Delete
        </Button>
      }
    >
      <FederationFacts federation={federation} />
      <Section title="Change">
        {refusal && <p className="muted">{refusal}.</p>}
        {!refusal && error && <Failure error={error} onRetry={reload} />}
        {!refusal && targets && (
          <EditForm key={versionOf(federation)} {...{ workspace, federation, targets }} />
        )}
      </Section>
      {deleting && (
        <DeleteFederationDialog
          federation={federation}
          onClose={() => setDeleting(false)}
          onDone={() => go(`/workspaces/${workspace.id}/federations`, { replace: true })}
        />
      )}
    </Page>
  );
}

/** A federation: what a workload needs, and the form that changes it. */
export function FederationPage({ workspace, id }: { workspace: Workspace; id: string }) {
  const [{ data, error }, reload] = useFederationsQuery({ variables: { id: workspace.id } });
  const federation = data?.workspace?.federations.find((each) => each.id === id);
  if (federation) return <FoundFederation workspace={workspace} federation={federation} />;
  if (data?.workspace) return <NotFoundPage what="federation" />;
  return (
    <Page title="Federation" narrow>
      <Loaded value={null} error={error} what="the federation" onRetry={reload}>
        {() => null}
      </Loaded>
    </Page>
  );
}
