import { AUDIT_ACTIONS, type AuditAction, type AuditRecord } from '../../domain/audit.ts';
import { badInput } from '../../domain/errors.ts';
import { type PageArguments, parsePage } from '../../domain/paging.ts';
import type { Principal } from '../../domain/principal.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Executor } from '../../storage/database.ts';
import {
  AUDIT_ORDER,
  type AuditFilter,
  type AuditLog,
  countAuditEvents,
  findAuditEvent,
  pageAuditEvents,
} from '../../storage/repositories/audit-events.ts';
import { authorize } from '../access/authorize.ts';
import type { CountedPage } from '../counted-page.ts';

/** A filter of an audit log as the API receives it. `null` and `undefined` mean no condition. */
export interface AuditFilterRequest {
  readonly actions?: readonly string[] | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

/** Reads the audit log. */
export interface AuditLogService {
  /**
   * Returns the events of a log that the caller is allowed to see, newest first. Throws `BAD_USER_INPUT` on bad paging
   * and on unknown actions.
   */
  list(
    log: AuditLog,
    page: PageArguments,
    filter: AuditFilterRequest | null | undefined,
    withDetail: boolean,
  ): Promise<CountedPage<AuditRecord>>;
  /** Returns an event of the caller's account or of a workspace that the caller administers; `null` for any other. */
  find(principal: Principal, id: string): Promise<AuditRecord | null>;
}

function isAction(text: string): text is AuditAction {
  return (AUDIT_ACTIONS as readonly string[]).includes(text);
}

function parseFilter(filter: AuditFilterRequest | null | undefined): AuditFilter {
  const { actions, since, until } = filter ?? {};
  const parsedActions = actions?.map((action, index) => {
    if (!isAction(action)) throw badInput(['filter', 'actions', index], 'is not an action of the audit log');
    return action;
  });
  return { actions: parsedActions, since: since?.getTime(), until: until?.getTime() };
}

/** Returns the audit log service. */
export function createAuditLogService(deps: { db: Executor; clock: Clock }): AuditLogService {
  const { db, clock } = deps;

  async function administers(principal: Principal, workspaceId: string): Promise<boolean> {
    const request = { kind: 'role', role: 'ADMINISTRATOR', workspaceId } as const;
    return (await authorize(db, principal, request, clock())).allowed;
  }

  return {
    async list(log, page, request, withDetail) {
      const window = parsePage(page, AUDIT_ORDER);
      const filter = parseFilter(request);
      return {
        ...(await pageAuditEvents(db, log, filter, window, withDetail)),
        totalCount: () => countAuditEvents(db, log, filter),
      };
    },

    async find(principal, id) {
      const event = await findAuditEvent(db, id);
      if (!event) return null;
      if (principal.kind === 'SESSION' && event.userId === principal.userId) return event;
      const isVisible = event.workspaceId !== null && (await administers(principal, event.workspaceId));
      return isVisible ? event : null;
    },
  };
}
