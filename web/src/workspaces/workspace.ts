import type { WorkspaceQuery } from '../generated/hooks.ts';

/** A workspace with the fields that its pages show. */
export type Workspace = NonNullable<WorkspaceQuery['workspace']>;
