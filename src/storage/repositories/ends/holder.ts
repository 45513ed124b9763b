/** The user or workspace whose tokens end. */
export interface EndHolder {
  readonly on: 'user' | 'workspace';
  readonly id: string;
}

/** The columns of a holder: one of them is null. */
export interface HolderColumns {
  readonly user_id: string | null;
  readonly workspace_id: string | null;
}

/** Returns the columns of a holder. */
export function toHolderColumns({ on, id }: EndHolder): HolderColumns {
  return { user_id: on === 'user' ? id : null, workspace_id: on === 'workspace' ? id : null };
}

/** Returns the holder of a row. */
export function toHolder({ user_id: userId, workspace_id: workspaceId }: HolderColumns): EndHolder {
  return userId === null ? { on: 'workspace', id: workspaceId as string } : { on: 'user', id: userId };
}
