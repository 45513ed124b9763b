import { ButtonLink } from './components/button.tsx';
import { Page } from './components/page.tsx';
import { Empty } from './components/states.tsx';

/** What a path leads to that is none of the console's, and an id that nothing has. */
export function NotFoundPage({ what = 'page' }: { what?: string }) {
  return (
    <Page title="Not found">
      <Empty title={`There is no such ${what}`} action={<ButtonLink href="/tokens">To my tokens</ButtonLink>}>
        It was deleted, never existed, or is not for you to see.
      </Empty>
    </Page>
  );
}
