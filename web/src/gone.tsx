import { useRef } from 'react';
import { ButtonLink } from './components/button.tsx';
import { Page } from './components/page.tsx';
import { Empty } from './components/states.tsx';

/** Returns the last value that was not absent. */
export function useLast<Value>(value: Value | null | undefined): Value | undefined {
  const last = useRef<Value>(undefined);
  if (value) last.current = value;
  return last.current;
}

/** The page of something that disappeared while it was open. */
export function GonePage({ what, name, listPath }: { what: string; name: string; listPath: string }) {
  return (
    <Page title={name}>
      <div role="alert">
        <Empty
          title={`You no longer have access to this ${what}`}
          action={<ButtonLink href={listPath}>Continue</ButtonLink>}
        >
          It was deleted, or someone removed your access, while this page was open.
        </Empty>
      </div>
    </Page>
  );
}
