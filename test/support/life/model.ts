// The life of personal tokens as the design describes it: maps in memory, without the code under test.

const DAY = 86_400_000;
const DEFAULT_LIFE = 30 * DAY;
const LONGEST_LIFE = 366 * DAY;
const LONGEST_OVERLAP = 7 * DAY;

export type LifeAccess = 'NONE' | 'SCOPED' | 'FULL';

interface LifeToken {
  readonly id: string;
  readonly parent: LifeToken | null;
  access: LifeAccess;
  /** Such as `token UPDATE`. */
  scopes: ReadonlySet<string>;
  issuedAt: number;
  expiresAt: number;
  disabled: boolean;
  revoked: boolean;
}

interface LifeSecret {
  readonly token: LifeToken;
  /** The end of its overlap with a newer secret; `null` for the current secret. */
  until: number | null;
  gone: boolean;
}

/** The signed-in owner, or a token by its secret. */
export type Actor = 'owner' | { readonly secret: string };

/** Durations are in milliseconds. An absent field was not requested. */
export type Step =
  | {
      readonly kind: 'create';
      readonly access: LifeAccess;
      readonly scopes: readonly string[];
      readonly after?: number;
    }
  | {
      readonly kind: 'update';
      readonly id: string;
      readonly access?: LifeAccess;
      readonly scopes?: readonly string[];
    }
  | { readonly kind: 'regenerate'; readonly id: string; readonly after?: number; readonly overlap?: number }
  | { readonly kind: 'disable' | 'enable' | 'revoke' | 'delete' | 'removeScopes'; readonly id: string }
  | { readonly kind: 'addScopes'; readonly id: string; readonly scopes: readonly string[] };

/** `OK`, or the reason of the refusal, or its code if it has no reason. */
export type Outcome = string;

/** The token and secret that a step created. */
export interface Issued {
  readonly id: string;
  readonly secret: string;
}

function lineOf(token: LifeToken): LifeToken[] {
  return token.parent ? [token, ...lineOf(token.parent)] : [token];
}

function isOver(token: LifeToken, now: number): boolean {
  return now >= token.expiresAt;
}

/** Returns the model. Instants are in milliseconds. */
export function createLifeModel() {
  const tokens = new Map<string, LifeToken>();
  const secrets = new Map<string, LifeSecret>();
  const issuedTo = new Map<string, string[]>();

  function issue(token: LifeToken, secret: string): void {
    secrets.set(secret, { token, until: null, gone: false });
    issuedTo.set(token.id, [...(issuedTo.get(token.id) ?? []), secret]);
  }

  const below = (token: LifeToken) =>
    [...tokens.values()].filter((other) => other !== token && lineOf(other).includes(token));

  function statusOf(token: LifeToken, now: number): string {
    if (token.revoked) return 'REVOKED';
    if (lineOf(token).some(({ disabled }) => disabled)) return 'DISABLED';
    return isOver(token, now) ? 'EXPIRED' : 'ACTIVE';
  }

  /** The outcome of authenticating with a secret. */
  function use(secret: string, now: number): Outcome {
    const known = secrets.get(secret);
    if (!known || known.gone || (known.until !== null && now >= known.until)) return 'INVALID_TOKEN';
    const line = lineOf(known.token);
    for (const token of line) {
      const status = statusOf(token, now);
      if (status !== 'ACTIVE') return `TOKEN_${status}`;
    }
    return line.some(({ access }) => access === 'NONE') ? 'TOKEN_NO_ACCESS' : 'OK';
  }

  /** Records the use of a secret: the first use of a new one ends the old one. */
  function noteUse(secret: string, now: number): void {
    const used = secrets.get(secret);
    if (!used || used.until !== null || use(secret, now) !== 'OK') return;
    for (const other of secrets.values())
      if (other.token === used.token && other.until !== null) other.gone = true;
  }

  /** Whether every token of a chain has scopes; FULL access has all scopes except those on tokens. */
  function covers(line: readonly LifeToken[], scopes: readonly string[]): boolean {
    return line.every(({ access, scopes: held }) =>
      scopes.every((scope) => (access === 'FULL' ? !scope.startsWith('token ') : held.has(scope))),
    );
  }

  function authority(actor: Actor, step: Step, now: number): Outcome {
    const target = 'id' in step ? tokens.get(step.id) : null;
    if (actor === 'owner') return target === undefined ? 'NOT_FOUND' : 'OK';
    const usable = use(actor.secret, now);
    if (usable !== 'OK') return usable;
    const operation = step.kind === 'create' ? 'CREATE' : step.kind === 'delete' ? 'DELETE' : 'UPDATE';
    const self = (secrets.get(actor.secret) as LifeSecret).token;
    if (!covers(lineOf(self), [`token ${operation}`])) return 'MISSING_SCOPE';
    if (target === null) return 'OK';
    return target && lineOf(target).includes(self) ? 'OK' : 'NOT_FOUND';
  }

  function callerOf(actor: Actor): LifeToken | null {
    return actor === 'owner' ? null : (secrets.get(actor.secret) as LifeSecret).token;
  }

  function exceeds(actor: Actor, access: LifeAccess | undefined, scopes: readonly string[]): boolean {
    const caller = callerOf(actor);
    return caller !== null && (access === 'FULL' || !covers(lineOf(caller), scopes));
  }

  function nextExpiry(
    actor: Actor,
    token: LifeToken,
    after: number | undefined,
    now: number,
  ): number | Outcome {
    if (actor !== 'owner') {
      if (after === undefined) return isOver(token, now) ? 'CONFLICT' : token.expiresAt;
      return now + after > token.expiresAt ? 'EXCEEDS_CALLER' : now + after;
    }
    const latest = token.parent?.expiresAt ?? Number.POSITIVE_INFINITY;
    if (after === undefined)
      return Math.min(now + Math.min(token.expiresAt - token.issuedAt, LONGEST_LIFE), latest);
    return now + after > latest ? 'BAD_USER_INPUT' : now + after;
  }

  /** The expected outcome of a step by an actor. */
  function predict(actor: Actor, step: Step, now: number): Outcome {
    const allowed = authority(actor, step, now);
    if (allowed !== 'OK') return allowed;
    if (step.kind === 'create') {
      const caller = callerOf(actor);
      const late = caller !== null && step.after !== undefined && now + step.after > caller.expiresAt;
      return late || exceeds(actor, step.access, step.scopes) ? 'EXCEEDS_CALLER' : 'OK';
    }
    const token = tokens.get(step.id) as LifeToken;
    switch (step.kind) {
      case 'update': {
        const scoped = (step.access ?? token.access) === 'SCOPED';
        if (step.scopes && !scoped) return 'BAD_USER_INPUT';
        return exceeds(actor, step.access, step.scopes ?? []) ? 'EXCEEDS_CALLER' : 'OK';
      }
      case 'addScopes':
        if (token.access !== 'SCOPED') return 'CONFLICT';
        return exceeds(actor, undefined, step.scopes) ? 'EXCEEDS_CALLER' : 'OK';
      case 'removeScopes':
        return token.access === 'SCOPED' ? 'OK' : 'CONFLICT';
      case 'disable':
      case 'enable':
        return token.revoked ? 'CONFLICT' : 'OK';
      case 'regenerate': {
        if ((step.overlap ?? 0) > LONGEST_OVERLAP) return 'BAD_USER_INPUT';
        if (token.parent && (token.parent.revoked || isOver(token.parent, now))) return 'CONFLICT';
        const expiresAt = nextExpiry(actor, token, step.after, now);
        return typeof expiresAt === 'number' ? 'OK' : expiresAt;
      }
      default:
        return 'OK';
    }
  }

  function regenerate(actor: Actor, step: Step & { kind: 'regenerate' }, issued: Issued, now: number): void {
    const token = tokens.get(step.id) as LifeToken;
    const alive = !token.revoked && !isOver(token, now);
    const until = step.overlap !== undefined && alive ? Math.min(now + step.overlap, token.expiresAt) : null;
    for (const secret of secrets.values()) {
      if (secret.token !== token || secret.gone) continue;
      secret.gone = until === null || secret.until !== null;
      secret.until = until;
    }
    const expiresAt = nextExpiry(actor, token, step.after, now) as number;
    Object.assign(token, { expiresAt, issuedAt: now, revoked: false });
    issue(token, issued.secret);
    for (const heir of below(token)) heir.expiresAt = Math.min(heir.expiresAt, expiresAt);
  }

  /** Applies a step whose outcome was `OK`. */
  function apply(actor: Actor, step: Step, now: number, issued?: Issued): void {
    if (step.kind === 'create') {
      const parent = callerOf(actor);
      const expiresAt =
        step.after === undefined ? (parent?.expiresAt ?? now + DEFAULT_LIFE) : now + step.after;
      const { id, secret } = issued as Issued;
      const scopes = new Set(step.access === 'SCOPED' ? step.scopes : []);
      const token = {
        id,
        parent,
        access: step.access,
        scopes,
        issuedAt: now,
        expiresAt,
        disabled: false,
        revoked: false,
      };
      tokens.set(id, token);
      issue(token, secret);
      return;
    }
    const token = tokens.get(step.id) as LifeToken;
    const line = [token, ...below(token)];
    switch (step.kind) {
      case 'update':
        token.access = step.access ?? token.access;
        if (token.access !== 'SCOPED') token.scopes = new Set();
        if (step.scopes) token.scopes = new Set(step.scopes);
        break;
      case 'addScopes':
        token.scopes = new Set([...token.scopes, ...step.scopes]);
        break;
      case 'removeScopes':
        token.scopes = new Set();
        break;
      case 'disable':
        token.disabled = true;
        break;
      case 'enable':
        token.disabled = false;
        break;
      case 'revoke':
        for (const each of line) each.revoked = true;
        break;
      case 'delete':
        for (const each of line) tokens.delete(each.id);
        for (const secret of secrets.values()) if (line.includes(secret.token)) secret.gone = true;
        break;
      case 'regenerate':
        regenerate(actor, step, issued as Issued, now);
    }
  }

  return {
    use,
    noteUse,
    predict,
    apply,
    /** Every secret that was ever issued. */
    secrets: () => [...secrets.keys()],
    /** The secrets of one token, deleted or not, the latest last. */
    secretsOf: (id: string): readonly string[] => issuedTo.get(id) ?? [],
    ids: () => [...tokens.keys()],
    /** The token of a secret and all tokens that derive from it, without deleted ones. */
    line(secret: string): string[] {
      const token = secrets.get(secret)?.token;
      return token && tokens.has(token.id) ? [token, ...below(token)].map(({ id }) => id) : [];
    },
    /** The token as the API must show it. */
    view(id: string, now: number) {
      const token = tokens.get(id);
      if (!token) return null;
      return {
        status: statusOf(token, now),
        access: token.access,
        scopes: [...token.scopes].sort(),
        expiresAt: new Date(token.expiresAt).toISOString(),
        parent: token.parent && { id: token.parent.id },
      };
    },
    /** The number of tokens in each status. */
    summary(now: number) {
      const states = [...tokens.values()].map((token) => ({
        status: statusOf(token, now),
        expiresAt: token.expiresAt,
      }));
      const count = (status: string) => states.filter((state) => state.status === status).length;
      const soon = states.filter(
        ({ status, expiresAt }) => status === 'ACTIVE' && expiresAt <= now + 7 * DAY,
      );
      return {
        total: states.length,
        active: count('ACTIVE'),
        disabled: count('DISABLED'),
        expired: count('EXPIRED'),
        revoked: count('REVOKED'),
        expiringSoon: soon.length,
      };
    },
  };
}

export type LifeModel = ReturnType<typeof createLifeModel>;
