import { ButtonLink } from './components/button.tsx';
import { Page } from './components/page.tsx';
import { Empty } from './components/states.tsx';

/** The page for an unknown path, and for an id that does not exist or is not visible to the user. */
export function NotFoundPage({ what = 'page' }: { what?: string }) {
  return (
    <Page title="Not found">
      <Empty
        title={`This ${what} can't be found`}
        action={<ButtonLink href="/tokens">Go to my tokens</ButtonLink>}
      >
        It doesn't exist, or you don't have access.
      </Empty>
    </Page>
  );
}
