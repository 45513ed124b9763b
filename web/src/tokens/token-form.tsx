import { type FormEvent, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { Button, ButtonLink } from '../components/button.tsx';
import { FieldGroup, TextField } from '../components/field.tsx';
import { NamingFields } from '../components/naming-fields.tsx';
import { Problem } from '../components/states.tsx';
import type { Submission } from '../components/use-submit.ts';
import type { CreateTokenInput, TokenLimitsInput, TokenRowFragment } from '../generated/hooks.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { type ExpiryBounds, firstChoice, isComplete, toExpiryInput } from './expiry.ts';
import { ExpiryField } from './expiry-field.tsx';
import './token-form.css';

/** The fields that every new token has. */
export const COMMON_FIELDS = ['name', 'description', 'expires'] as const;

type CommonField = (typeof COMMON_FIELDS)[number];

interface CreatedToken {
  readonly secret: string;
  /** `null` if the response contains only the secret. */
  readonly token: { readonly id: string } | null;
}

/** The form for a new token; `children` are the fields of its access. Afterwards it opens the token's page and shows the secret. */
export function TokenForm({
  bounds,
  listPath,
  form,
  disabled = false,
  onSubmit,
  children,
}: {
  bounds: ExpiryBounds;
  /** The path of the list that the token will belong to. */
  listPath: string;
  form: Submission<CommonField>;
  /** Whether the fields among the children are incomplete. */
  disabled?: boolean;
  /** Creates the token; resolves with nothing if that failed. */
  onSubmit: (fields: Pick<CreateTokenInput, CommonField>) => Promise<CreatedToken | null | undefined>;
  children: ReactNode;
}) {
  const [naming, setNaming] = useState({ name: '', description: '' });
  const [expiry, setExpiry] = useState(() => firstChoice(bounds));
  const { show } = useFreshSecrets();
  const [, go] = useLocation();

  async function handleSubmit(event: FormEvent) {
    event.preventDefault();
    const created = await onSubmit({
      name: naming.name,
      description: naming.description.trim() || null,
      expires: toExpiryInput(expiry),
    });
    if (!created) return;
    const tokenId = created.token?.id ?? null;
    show({ kind: 'token', tokenId, secret: created.secret, event: 'created' });
    go(tokenId === null ? listPath : `/tokens/${tokenId}`, { replace: true });
  }

  return (
    <form className="token-form" onSubmit={handleSubmit}>
      <NamingFields placeholder="e.g. CI deploy" value={naming} errors={form.errors} onChange={setNaming} />
      <ExpiryField bounds={bounds} value={expiry} error={form.errors.expires} onChange={setExpiry} />
      {children}
      {form.problem && <Problem>{form.problem}</Problem>}
      <div className="page-actions">
        <Button
          type="submit"
          variant="primary"
          disabled={disabled || naming.name.trim() === '' || !isComplete(expiry)}
          busy={form.busy}
        >
          Create token
        </Button>
        <ButtonLink href={listPath} variant="quiet">
          Cancel
        </ButtonLink>
      </div>
    </form>
  );
}

/** The limits of a token as the user types them. */
export interface LimitsDraft {
  readonly networks: string;
  readonly requestsPerMinute: string;
  readonly uses: string;
}

export const NO_LIMITS: LimitsDraft = { networks: '', requestsPerMinute: '', uses: '' };

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
  error,
  onChange,
}: {
  value: LimitsDraft;
  error: string | undefined;
  onChange: (value: LimitsDraft) => void;
}) {
  return (
    <FieldGroup label="Limits (optional)" error={error}>
      <TextField
        label="Networks"
        hint="Addresses or CIDR blocks that requests must come from, separated by commas."
        placeholder="e.g. 192.0.2.0/24"
        value={value.networks}
        onChange={(event) => onChange({ ...value, networks: event.target.value })}
      />
      <TextField
        label="Requests per minute"
        type="number"
        min={1}
        value={value.requestsPerMinute}
        onChange={(event) => onChange({ ...value, requestsPerMinute: event.target.value })}
      />
      <TextField
        label="Uses"
        type="number"
        min={1}
        hint="How often the token works in total."
        value={value.uses}
        onChange={(event) => onChange({ ...value, uses: event.target.value })}
      />
    </FieldGroup>
  );
}
