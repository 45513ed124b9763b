import { badInput, failure, forbidden, PosternError } from '../../domain/errors.ts';
import { COMMON_SECRETS } from '../../domain/import/common-secrets.ts';
import { type ForeignShape, fillers } from '../../domain/import/foreign-shapes.ts';
import { type ImportLine, parseImportLine } from '../../domain/import/import-line.ts';
import type { Limits } from '../../domain/limits.ts';
import type { TokenScope } from '../../domain/scopes.ts';
import type { TokenOwnership } from '../../domain/token.ts';
import { checkWorkspaceExpiry } from '../../domain/token-lifetime.ts';
import type { Clock } from '../../platform/clock.ts';
import { createDigestSet, type DigestSet } from '../../platform/digest-set.ts';
import { digestOf } from '../../platform/hashing.ts';
import type { SecretSource } from '../../platform/secrets.ts';
import type { Executor } from '../../storage/database.ts';
import { hasTokens } from '../../storage/query/token-amounts.ts';
import { insertScopes } from '../../storage/repositories/token-scopes.ts';
import {
  countImportedTokens,
  findLastImport,
  insertImportedSecret,
} from '../../storage/repositories/token-secrets.ts';
import { insertToken } from '../../storage/repositories/tokens.ts';
import { resolveScopeRules, scopeHolderOf } from '../access/delegation.ts';
import type { UnitOfWork, UnitOfWorkRunner } from '../transactions/unit-of-work.ts';
import { toIsoString } from './create.ts';
import { auditToken } from './descendants.ts';
import { findImportTargets, type ImportTargets } from './import-targets.ts';
import { createUnusedToken, type ParsedToken, parsePersonal, parseWorkspace } from './new-token.ts';

/** A line of a file, by its number from 1: its text, or why it could not be read. */
export type NumberedLine = { readonly number: number } & (
  | { readonly text: string }
  | { readonly refusal: string }
);

/** What came of a line: a new token, none because an earlier run imported it, or none for a reason that repeats no value. */
export type LineResult = 'imported' | 'present' | { readonly refusal: string };

/** One run over a file. */
export interface ImportRun {
  /**
   * Imports lines in one transaction. A refused line does not keep the others out. Returns the results in the order of the
   * lines.
   */
  add(lines: readonly NumberedLine[]): Promise<readonly LineResult[]>;
}

/** Imports the tokens of other systems by the digests of their secrets, for the operator. */
export interface TokenImport {
  /** Begins a run. A dry run checks each line as an import does and stores nothing. */
  start(isDryRun: boolean): ImportRun;
  /** Counts the tokens that are neither revoked nor expired and whose current secret was imported. */
  countLeft(): Promise<number>;
}

/** The validated token of a line. */
interface NewToken {
  readonly ownership: TokenOwnership;
  readonly holder: { readonly ownerId: string } | { readonly workspaceId: string };
  readonly parsed: ParsedToken;
}

/** The random characters of an identifier: a million tokens of one workspace need more than those that people create. */
const IDENTIFIER_CHARACTERS = 12;

/** Returns why a line is refused. Throws any error that is not about its values. */
function refusalOf(error: unknown): LineResult {
  if (!(error instanceof PosternError)) throw error;
  const issues = error.detail.issues?.map(({ path, message }) => {
    const field = path.filter((part) => part !== 'input').join('.');
    return field === '' ? message : `${field.replace(/^expires\b.*/, 'expiresAt')} ${message}`;
  });
  return { refusal: issues?.join('; ') ?? error.message };
}

/** Returns the request that the parsers of new tokens take. */
function requestOf(line: ImportLine) {
  const { name, access, scopes, limits, subject, metadata, expiresAt } = line;
  return {
    ...{ name, access, scopes, limits, subject, metadata },
    expires: expiresAt === null ? { never: true } : { at: expiresAt },
  };
}

/** Returns the token of a line for its user or workspace, within the rules for new tokens. Throws a `PosternError`. */
function parseToken(now: number, line: ImportLine, targets: ImportTargets, limits: Limits): NewToken {
  const request = requestOf(line);
  if ('owner' in line.holder) {
    const ownerId = targets.requireUser(line.holder.owner).id;
    const { access, ...parsed } = parsePersonal(now, request, null, limits);
    const ownership = { kind: 'PERSONAL', ownerId, workspaceId: null, access, role: null } as const;
    return { ownership, holder: { ownerId }, parsed };
  }
  const { id: workspaceId, policy } = targets.requireWorkspace(line.holder.workspace);
  const { role } = line.holder;
  const { access, ...parsed } = parseWorkspace(now, { ...request, workspaceId, role }, null, null);
  if (!policy.tokenRoles.includes(role)) throw forbidden('POLICY');
  checkWorkspaceExpiry(parsed.expiresAt, now, policy);
  return {
    ownership: { kind: 'WORKSPACE', ownerId: null, workspaceId, access, role },
    holder: { workspaceId },
    parsed,
  };
}

/** Returns the import service. */
export function createTokenImport(deps: {
  db: Executor;
  clock: Clock;
  changes: UnitOfWorkRunner;
  secrets: SecretSource;
  limits: Limits;
  shapes: readonly ForeignShape[];
}): TokenImport {
  const { db, clock, changes, secrets, limits, shapes } = deps;

  async function store(
    uow: UnitOfWork,
    line: ImportLine,
    { ownership, parsed }: NewToken,
    identifierPrefix: string,
    scopes: readonly TokenScope[],
    sequence: number,
  ): Promise<void> {
    const { text, expiresAt } = parsed;
    const origin = {
      createdBy: null,
      parentId: null,
      federationId: null,
      issuedBy: null,
      identifier: `${identifierPrefix}_${secrets.text(IDENTIFIER_CHARACTERS)}`,
      secretPreview: line.start,
      isImported: true,
    };
    const token = createUnusedToken(uow, ownership, origin, parsed);
    await insertToken(uow.tx, token, line.digest);
    const holderId = ownership.ownerId ?? ownership.workspaceId;
    await insertImportedSecret(uow.tx, { digest: line.digest, sequence, holderId });
    await insertScopes(uow.tx, token.id, scopes);
    await auditToken(uow, 'token.imported', token, {
      access: ownership.access,
      ...(ownership.role !== null && { role: ownership.role }),
      ...(text.subject !== null && { subject: text.subject }),
      ...(scopes.length > 0 && { scopes: scopes.length }),
      expiresAt: toIsoString(expiresAt),
    });
  }

  /** Throws `LIMIT_REACHED` if the holder cannot have another token beside `added` ones that a dry run did not store. */
  async function requireBelowLimit(uow: UnitOfWork, { holder }: NewToken, added: number): Promise<void> {
    const max = 'ownerId' in holder ? limits.tokensPerUser : limits.tokensPerWorkspace;
    if (max > added && !(await hasTokens(uow.tx, holder, max - added, uow.now))) return;
    const owner = 'ownerId' in holder ? 'user' : 'workspace';
    throw failure('LIMIT_REACHED', `A ${owner} can have at most ${max} tokens.`);
  }

  /** Returns the scopes of a line. Throws the errors of `resolveScopeRules`. */
  async function resolveScopes(uow: UnitOfWork, line: ImportLine, ownership: TokenOwnership) {
    if (!line.scopes) return [];
    const rules = await resolveScopeRules(uow, scopeHolderOf(ownership), line.scopes, ['scopes'], limits);
    return rules.map((rule) => ({ ...rule, id: uow.newId() }));
  }

  /** Imports the lines of a batch in one transaction. `added` counts the tokens by holder that a dry run did not store. */
  async function importBatch(
    uow: UnitOfWork,
    lines: readonly (ImportLine | LineResult)[],
    added: Map<string, number> | null,
  ): Promise<LineResult[]> {
    const parsedLines = lines.filter((line) => typeof line === 'object' && 'digest' in line);
    const targets = await findImportTargets(uow.tx, parsedLines);
    let sequence = await findLastImport(uow.tx);

    async function importLine(line: ImportLine): Promise<LineResult> {
      if (targets.wasImported(line)) return 'present';
      const token = parseToken(uow.now, line, targets, limits);
      const scopes = await resolveScopes(uow, line, token.ownership);
      const holderId = Object.values(token.holder)[0] as string;
      const before = added?.get(holderId) ?? 0;
      await requireBelowLimit(uow, token, before);
      added?.set(holderId, before + 1);
      sequence += 1;
      const { holder } = line;
      const prefix = 'owner' in holder ? holder.owner : holder.workspace;
      if (!added) await store(uow, line, token, prefix, scopes, sequence);
      return 'imported';
    }

    const results: LineResult[] = [];
    for (const line of lines) {
      results.push(
        typeof line === 'object' && 'digest' in line ? await importLine(line).catch(refusalOf) : line,
      );
    }
    return results;
  }

  /** Parses a line; returns its refusal if it is invalid, or repeats a digest of the file. */
  function parseLine(line: NumberedLine, common: DigestSet, seen: DigestSet): ImportLine | LineResult {
    if ('refusal' in line) return { refusal: line.refusal };
    try {
      const parsed = parseImportLine(line.text, shapes);
      if (common.has(parsed.digest)) throw badInput(['digest'], 'is that of an empty or well-known text');
      if (!seen.add(parsed.digest)) throw badInput(['digest'], 'is on an earlier line of this file');
      return parsed;
    } catch (error) {
      return refusalOf(error);
    }
  }

  return {
    countLeft: () => countImportedTokens(db, clock()),

    start(isDryRun) {
      const seen = createDigestSet();
      const common = createDigestSet();
      for (const text of [...COMMON_SECRETS, ...fillers(shapes)]) common.add(digestOf(text));
      let added = new Map<string, number>();
      return {
        async add(lines) {
          const parsed = lines.map((line) => parseLine(line, common, seen));
          return changes.runAsOperator(async (uow) => {
            // The work can run more than once.
            const counts = isDryRun ? new Map(added) : null;
            const results = await importBatch(uow, parsed, counts);
            uow.afterCommit(() => {
              if (counts) added = counts;
            });
            return results;
          });
        },
      };
    },
  };
}
