import type { WorkspaceQuery } from '../generated/hooks.ts';

/** A workspace as its pages know it. */
export type Workspace = NonNullable<WorkspaceQuery['workspace']>;
