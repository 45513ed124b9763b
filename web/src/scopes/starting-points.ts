import type { Operation } from '../../../src/domain/scopes.ts';
import type { TokenAccess } from '../generated/hooks.ts';
import { emptyDraft, type ScopeDraft } from './scope-draft.ts';

interface Grant {
  readonly access: TokenAccess;
  readonly scopes: readonly ScopeDraft[];
}

/** A common purpose of a token, with the access that it needs. */
interface StartingPoint {
  readonly title: string;
  readonly description: string;
  /** Whether the access is limited to one workspace, which the user selects. */
  readonly inWorkspace: boolean;
  /** Returns the access in a workspace; the empty string is every workspace. */
  grant(workspaceId: string): Grant;
}

function scope(
  entityType: string,
  operations: readonly Operation[],
  limits: Partial<ScopeDraft>,
): ScopeDraft {
  return { ...emptyDraft(), entityType, operations, ...limits };
}

/** The starting points of a new token. */
export const STARTING_POINTS = {
  publish: {
    title: 'Publish from CI',
    description: 'Publish messages to the channels of a workspace. Nothing else.',
    inWorkspace: true,
    grant: (workspaceId) => ({
      access: 'SCOPED',
      scopes: [scope('channel', ['PUBLISH'], { workspaceId })],
    }),
  },
  read: {
    title: 'Read everything in one workspace',
    description: 'View a workspace and its channels, and follow messages. No changes.',
    inWorkspace: true,
    grant: (workspaceId) => ({
      access: 'SCOPED',
      scopes: [
        scope('workspace', ['READ', 'LIST'], { entityId: workspaceId }),
        scope('channel', ['READ', 'LIST', 'SUBSCRIBE'], { workspaceId }),
      ],
    }),
  },
  full: {
    title: 'Full access',
    description: 'Everything you can do with workspaces and channels. For scripts only you run.',
    inWorkspace: false,
    grant: () => ({ access: 'FULL', scopes: [] }),
  },
} as const satisfies Record<string, StartingPoint>;

export type StartingPointName = keyof typeof STARTING_POINTS;
