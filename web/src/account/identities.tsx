import { Button } from '../components/button.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Section } from '../components/page.tsx';
import { Loaded, Problem } from '../components/states.tsx';
import { Time } from '../components/time.tsx';
import { useSubmit } from '../components/use-submit.ts';
import { type IdentitiesQuery, useIdentitiesQuery, useUnlinkIdentityMutation } from '../generated/hooks.ts';

type Identity = NonNullable<
  NonNullable<NonNullable<IdentitiesQuery['viewer']>['user']>['identities']
>[number];
type Provider = NonNullable<IdentitiesQuery['signInOptions']>['providers'][number];

const ONLY_WAY_IN = 'This is your only way to sign in.';

interface TableProps {
  readonly identities: readonly Identity[];
  readonly providers: readonly Provider[];
  readonly hasPassword: boolean;
}

function IdentitiesTable({ identities, providers, hasPassword }: TableProps) {
  const unlinking = useSubmit(useUnlinkIdentityMutation());
  const labelOf = (id: string) => providers.find((provider) => provider.id === id)?.label;
  const isUsable = ({ provider }: Identity) => labelOf(provider) !== undefined;
  const hasOtherWayIn = ({ id }: Identity) =>
    hasPassword || identities.some((other) => other.id !== id && isUsable(other));
  const columns: readonly Column<Identity>[] = [
    {
      id: 'provider',
      title: 'Provider',
      cell: ({ provider }) => labelOf(provider) ?? `${provider} (not used now)`,
    },
    { id: 'subject', title: 'Subject', cell: ({ subject }) => <code>{subject}</code> },
    { id: 'linked', title: 'Linked', cell: ({ linkedAt }) => <Time value={linkedAt} relative /> },
    {
      id: 'used',
      title: 'Last used',
      cell: ({ lastUsedAt }) => (lastUsedAt ? <Time value={lastUsedAt} relative /> : 'Never used'),
    },
    {
      id: 'actions',
      title: 'Actions',
      untitled: true,
      cell: (identity) => (
        <Button
          small
          variant="danger-quiet"
          disabled={unlinking.busy}
          refusal={hasOtherWayIn(identity) ? null : ONLY_WAY_IN}
          onClick={() => unlinking.submit({ id: identity.id }, 'Identity unlinked')}
        >
          Unlink
        </Button>
      ),
    },
  ];
  return (
    <>
      {unlinking.problem && <Problem>{unlinking.problem}</Problem>}
      <DataTable label="Identities" columns={columns} rows={identities} keyOf={({ id }) => id} />
    </>
  );
}

/** The identities with which the signed-in user can sign in, and links to add one; nothing without identity providers. */
export function Identities() {
  const [{ data, error }, reload] = useIdentitiesQuery();
  const providers = data?.signInOptions?.providers ?? [];
  const user = data?.viewer?.user;
  const identities = user?.identities ?? [];
  if (data && providers.length === 0 && identities.length === 0) return null;
  return (
    <Section
      title="Identities"
      lead="The accounts elsewhere with which you can sign in here."
      actions={providers.map(({ id, label, startUrl }) => (
        <a
          key={id}
          className="button"
          href={`${startUrl}?${new URLSearchParams({ intent: 'link', to: '/account' })}`}
        >
          Link identity at {label}
        </a>
      ))}
    >
      <Loaded value={user} error={error} what="your identities" onRetry={reload}>
        {({ hasPassword }) =>
          identities.length === 0 ? (
            <p className="muted">None is linked.</p>
          ) : (
            <IdentitiesTable
              identities={identities}
              providers={providers}
              hasPassword={hasPassword ?? false}
            />
          )
        }
      </Loaded>
    </Section>
  );
}
