import { useState } from 'react';
import { useLocation } from 'wouter';
import { FormDialog } from '../components/dialog.tsx';
import { SelectField } from '../components/field.tsx';
import { Warning } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type TokenRowFragment, useRegenerateTokenMutation } from '../generated/hooks.ts';
import { useFreshSecrets } from '../secrets/fresh-secret.tsx';
import { useMaxLifetime } from '../session/session-gate.tsx';
import {
  boundsOfPolicy,
  type ExpiryBounds,
  firstChoice,
  isComplete,
  personalBounds,
  toExpiryInput,
} from './expiry.ts';
import { ExpiryField } from './expiry-field.tsx';

const OVERLAPS = [
  { value: '', title: 'The old secret stops working immediately' },
  { value: 'PT1H', title: 'The old secret works for up to 1 hour' },
  { value: 'P1D', title: 'The old secret works for up to 1 day' },
  { value: 'P7D', title: 'The old secret works for up to 7 days' },
] as const;

function boundsOf({ workspace }: TokenRowFragment, maxLifetime: string): ExpiryBounds {
  const bounds = workspace ? boundsOfPolicy(workspace.tokenPolicy) : personalBounds(maxLifetime);
  return { ...bounds, allowsSame: true };
}

/** Regenerates the secret of a token, with a new expiry and an overlap of the old secret. */
export function RegenerateDialog({ token, onClose }: { token: TokenRowFragment; onClose: () => void }) {
  const bounds = boundsOf(token, useMaxLifetime());
  const [expiry, setExpiry] = useState(() => firstChoice(bounds));
  const [overlap, setOverlap] = useState('');
  const regeneration = useSubmit(useRegenerateTokenMutation(), {
    fields: ['expires', 'overlap'],
    onDone: onClose,
  });
  const [, go] = useLocation();
  const { show } = useFreshSecrets();
  const works = token.status === 'ACTIVE';

  async function submit() {
    const input = { id: token.id, expires: toExpiryInput(expiry), overlap: (works && overlap) || null };
    const data = await regeneration.submit({ input }, `“${token.name}” has a new secret`);
    if (!data?.regenerateToken) return;
    show({
      kind: 'token',
      tokenId: token.id,
      name: token.name,
      secret: data.regenerateToken.secret,
      event: 'regenerated',
    });
    go(`/tokens/${token.id}`);
  }

  return (
    <FormDialog
      title={`Regenerate “${token.name}”`}
      action="Regenerate"
      disabled={!isComplete(expiry)}
      form={regeneration}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>
        The token gets a new secret. Its name, access and scopes stay the same.{' '}
        {token.expiresAt && (
          <>
            {token.status === 'EXPIRED' ? 'It expired on ' : 'It currently expires on '}
            <Time value={token.expiresAt} />.
          </>
        )}
      </p>
      <ExpiryField error={regeneration.errors.expires} bounds={bounds} value={expiry} onChange={setExpiry} />
      {works && (
        <SelectField
          label="Overlap"
          error={regeneration.errors.overlap}
          value={overlap}
          onChange={(event) => setOverlap(event.target.value)}
          hint="An overlap gives you time to update your scripts. The old secret works until the new one is first used or the time is up."
        >
          {OVERLAPS.map(({ value, title }) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </SelectField>
      )}
      {works && overlap === '' && (
        <Warning>Anything using the current secret stops working until you update it.</Warning>
      )}
      {token.disabledAt && <Warning>The token stays disabled until you enable it.</Warning>}
    </FormDialog>
  );
}
