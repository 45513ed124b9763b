import { type ComponentType, lazy } from 'react';

const NAME = 'PageLoadError';

/** Whether an error means that the script of a page could not be loaded. */
export function isPageLoadError(error: unknown): boolean {
  return error instanceof Error && error.name === NAME;
}

/**
 * Returns a page whose script is loaded when the page is first opened. A tab that is older than the server's last upgrade
 * requests scripts that no longer exist; rendering the page then throws an error that `isPageLoadError` recognizes.
 */
export function lazyPage<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  return lazy(() =>
    load().catch((cause: unknown) => {
      throw Object.assign(new Error('The script of this page could not be loaded.', { cause }), {
        name: NAME,
      });
    }),
  );
}
