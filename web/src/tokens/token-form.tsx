import type { FormEvent, ReactNode } from 'react';
import { useLocation } from 'wouter';
import { FieldGroup, TextField } from '../components/field.tsx';
import { type Naming, NamingFields } from '../components/naming-fields.tsx';
import { FormActions } from '../components/page.tsx';
import { Problem } from '../components/states.tsx';
import type { Submission } from '../components/use-submit.ts';
import { DraftNotice } from '../drafts/draft-notice.tsx';
import type { Draft } from '../drafts/use-draft.ts';
import type { CreateTokenInput, TokenLimitsInput, TokenRowFragment } from '../generated/hooks.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { type ExpiryBounds, type ExpiryChoice, firstChoice, isComplete, toExpiryInput } from './expiry.ts';
import { ExpiryField } from './expiry-field.tsx';
import './token-form.css';

/** The fields that every new token has. */
export const COMMON_FIELDS = [
  ...(['name', 'description', 'expires', 'limits'] as const),
  ...(['limits.networks', 'limits.requestsPerMinute', 'limits.uses'] as const),
] as const;

type CommonField = (typeof COMMON_FIELDS)[number];

/** The values of the fields that every new token has. */
export interface CommonValue extends Naming {
  readonly expiry: ExpiryChoice;
  readonly limits: LimitsDraft;
}

/** Returns the initial values of the fields that every new token has. */
export function emptyValue(bounds: ExpiryBounds): CommonValue {
  return { name: '', description: '', expiry: firstChoice(bounds), limits: NO_LIMITS };
}

interface CreatedToken {
  readonly secret: string;
  /** `null` if the response contains only the secret. */
  readonly token: { readonly id: string } | null;
}

interface TokenFormProps {
  readonly bounds: ExpiryBounds;
  /** The path of the list that the token will belong to. */
  readonly listPath: string;
  readonly draft: Draft<CommonValue>;
  readonly form: Submission<CommonField>;
  /** What is missing in the fields among the children; `null` if nothing is. */
  readonly missing?: string | null;
  /** A sentence with what the token will be able to do; `null` while that is undecided. */
  readonly summary: string | null;
  /** Creates the token; resolves with nothing if that failed. */
  readonly onSubmit: (
    fields: Pick<CreateTokenInput, 'name' | 'description' | 'expires' | 'limits'>,
  ) => Promise<CreatedToken | null | undefined>;
  /** What is said above the fields. */
  readonly notice: ReactNode;
  readonly children: ReactNode;
}

/** Returns what is missing in a form, as sentences; an empty string if nothing is. */
function missingIn({ name, expiry }: CommonValue, more: string | null): string {
  return [name.trim() === '' && 'Enter a name.', !isComplete(expiry) && 'Choose the day it expires.', more]
    .filter(Boolean)
    .join(' ');
}

/** The form for a new token; `children` are the fields of its access. Afterwards it opens the token's page and shows the secret. */
export function TokenForm(props: TokenFormProps) {
  const { bounds, listPath, draft, form, summary, onSubmit, notice, children } = props;
  const { value } = draft;
  const { show } = useFreshSecrets();
  const [, go] = useLocation();
  const missing = missingIn(value, props.missing ?? null);

  async function handleSubmit(event: FormEvent) {
    event.preventDefault();
    const { name } = value;
    const description = value.description.trim() || null;
    const expires = toExpiryInput(value.expiry);
    const created = await onSubmit({ name, description, expires, limits: toLimitsInput(value.limits) });
    if (!created) return;
    const tokenId = created.token?.id ?? null;
    show({ kind: 'token', tokenId, name, secret: created.secret, event: 'created' });
    draft.clear();
    go(tokenId === null ? listPath : `/tokens/${tokenId}`, { replace: true });
  }

  function cancel() {
    draft.clear();
    go(listPath);
  }

  return (
    <form className="token-form" onSubmit={handleSubmit}>
      {notice}
      <DraftNotice draft={draft} />
      <NamingFields
        autoFocus
        placeholder="e.g. CI deploy"
        value={value}
        errors={form.errors}
        onChange={draft.change}
      />
      <ExpiryField
        bounds={bounds}
        value={value.expiry}
        error={form.errors.expires}
        onChange={(expiry) => draft.change({ expiry })}
      />
      {children}
      <LimitsFields
        value={value.limits}
        errors={form.errors}
        onChange={(limits) => draft.change({ limits })}
      />
      {form.problem && <Problem>{form.problem}</Problem>}
      <p className="token-form-summary" role="status">
        {summary}
      </p>
      <FormActions action="Create token" busy={form.busy} missing={missing} onCancel={cancel} />
    </form>
  );
}

/** The limits of a token as the user types them. */
export interface LimitsDraft {
  readonly networks: string;
  readonly requestsPerMinute: string;
  readonly uses: string;
}

const NO_LIMITS: LimitsDraft = { networks: '', requestsPerMinute: '', uses: '' };

/** Returns the limits of a token as the fields show them. */
export function toLimitsDraft(limits: TokenRowFragment['limits']): LimitsDraft {
  return {
    networks: limits?.networks?.join(', ') ?? '',
    requestsPerMinute: String(limits?.requestsPerMinute ?? ''),
    uses: String(limits?.uses ?? ''),
  };
}

/** Returns the limits as the API takes them; `null` without any. */
export function toLimitsInput({ networks, requestsPerMinute, uses }: LimitsDraft): TokenLimitsInput | null {
  const blocks = networks.split(/[\s,]+/).filter(Boolean);
  if (blocks.length === 0 && !requestsPerMinute && !uses) return null;
  return {
    networks: blocks.length > 0 ? blocks : null,
    requestsPerMinute: requestsPerMinute ? Number(requestsPerMinute) : null,
    uses: uses ? Number(uses) : null,
  };
}

/** The fields for the limits of a token, all optional. */
export function LimitsFields({
  value,
  errors,
  onChange,
}: {
  value: LimitsDraft;
  errors: Readonly<Partial<Record<CommonField, string>>>;
  onChange: (value: LimitsDraft) => void;
}) {
  return (
    <FieldGroup label="Limits (optional)" error={errors.limits}>
      <div className="limits-fields">
        <TextField
          label="Networks"
          hint="Addresses or CIDR blocks that requests must come from, separated by commas."
          placeholder="e.g. 192.0.2.0/24"
          error={errors['limits.networks']}
          value={value.networks}
          onChange={(event) => onChange({ ...value, networks: event.target.value })}
        />
        <TextField
          label="Requests per minute"
          type="number"
          min={1}
          error={errors['limits.requestsPerMinute']}
          value={value.requestsPerMinute}
          onChange={(event) => onChange({ ...value, requestsPerMinute: event.target.value })}
        />
        <TextField
          label="Uses"
          type="number"
          min={1}
          error={errors['limits.uses']}
          hint="How often the token works in total."
          value={value.uses}
          onChange={(event) => onChange({ ...value, uses: event.target.value })}
        />
      </div>
    </FieldGroup>
  );
}
