import { type ComponentType, lazy } from 'react';

const NAME = 'PageLoadError';

/** Whether an error says that the script of a page could not be loaded. */
export function isPageLoadError(error: unknown): boolean {
  return error instanceof Error && error.name === NAME;
}

/**
 * A page whose script is loaded when it is first opened. After an upgrade of the server, a tab that was opened before
 * asks for scripts that no longer exist: rendering it then throws an error that `isPageLoadError` recognises.
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
