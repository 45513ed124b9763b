import { useLocation } from 'wouter';
import { ChoiceField, SelectField } from '../components/field.tsx';
import { Page } from '../components/page.tsx';
import { Loaded, Problem } from '../components/states.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type Draft, useDraft } from '../drafts/use-draft.ts';
import { useCreateFederationMutation, useFederationsQuery } from '../generated/hooks.ts';
import { refusalByRole } from '../roles.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { applyTemplate, emptyValue, type FederationValue, toInput } from './federation-draft.ts';
import { FederationForm, fieldsOf, useSent } from './federation-form.tsx';
import { TEMPLATE_NAMES, TEMPLATES } from './templates.ts';

/** What the operator lists. */
interface Listed {
  readonly issuers: readonly string[];
  readonly audiences: readonly string[];
}

/** The fields that cannot be changed later. */
function OriginFields({
  draft: { value, change },
  listed: { issuers, audiences },
  errors,
}: {
  draft: Draft<FederationValue>;
  listed: Listed;
  errors: Readonly<Partial<Record<'issuer' | 'audience', string>>>;
}) {
  return (
    <>
      <ChoiceField
        label="What gets tokens?"
        choices={TEMPLATE_NAMES.map((name) => ({ value: name, ...TEMPLATES[name] }))}
        value={value.template}
        onChange={(name) => change(applyTemplate(value, name, issuers))}
      />
      <SelectField
        label="Issuer"
        hint="Signs the JWTs. The server operator lists the issuers."
        required
        error={errors.issuer}
        value={value.issuer}
        onChange={(event) => change({ issuer: event.target.value })}
      >
        <option value="">Choose an issuer</option>
        {issuers.map((issuer) => (
          <option key={issuer} value={issuer}>
            {issuer}
          </option>
        ))}
      </SelectField>
      {audiences.length > 0 && (
        <SelectField
          label="Audience"
          hint="What the JWTs must be for."
          error={errors.audience}
          value={value.audience}
          onChange={(event) => change({ audience: event.target.value })}
        >
          <option value="">The address of this federation</option>
          {audiences.map((audience) => (
            <option key={audience} value={audience}>
              {audience}
            </option>
          ))}
        </SelectField>
      )}
    </>
  );
}

function NewFederationForm({ workspace, listed }: { workspace: Workspace; listed: Listed }) {
  const [, go] = useLocation();
  const listPath = `/workspaces/${workspace.id}/federations`;
  const draft = useDraft<FederationValue>(`new-federation.${workspace.id}`, () => emptyValue(listed.issuers));
  const [sent, setSent] = useSent();
  const form = useSubmit(useCreateFederationMutation(), { fields: fieldsOf(sent) });

  async function create() {
    const { issuer, audience } = draft.value;
    setSent(draft.value);
    const input = { ...toInput(draft.value), workspaceId: workspace.id, issuer, audience: audience || null };
    const data = await form.submit({ input }, 'Federation created');
    if (!data) return;
    draft.clear();
    const id = data.createFederation?.federation?.id;
    go(id ? `${listPath}/${id}` : listPath, { replace: true });
  }

  function cancel() {
    draft.clear();
    go(listPath);
  }

  return (
    <FederationForm
      action="Create federation"
      workspace={workspace}
      draft={draft}
      form={form}
      sent={sent}
      onSubmit={create}
      onCancel={cancel}
    >
      <OriginFields draft={draft} listed={listed} errors={form.errors} />
    </FederationForm>
  );
}

/** Creates a federation. */
export function NewFederationPage({ workspace }: { workspace: Workspace }) {
  const [{ data, error }, reload] = useFederationsQuery({ variables: { id: workspace.id } });
  const refusal = refusalByRole(workspace.viewerRole, 'ADMINISTRATOR');
  return (
    <Page
      title="New federation"
      lead={`Jobs and pods get short-lived tokens of ${workspace.name} for a JWT of theirs, without a stored secret.`}
      narrow
    >
      {refusal ? (
        <Problem>{refusal}.</Problem>
      ) : (
        <Loaded value={data?.workspace} error={error} what="the issuers" onRetry={reload}>
          {({ federationOptions }) =>
            federationOptions.issuers.length === 0 ? (
              <Problem>
                The server operator lists no issuers. Ask them to set POSTERN_FEDERATION first.
              </Problem>
            ) : (
              <NewFederationForm workspace={workspace} listed={federationOptions} />
            )
          }
        </Loaded>
      )}
    </Page>
  );
}
