import type { Config } from '../../config.ts';
import { ERRORS, failure, PosternError } from '../../domain/errors.ts';
import { scimFailure } from '../../domain/scim/failure.ts';
import { parseFilter } from '../../domain/scim/filter.ts';
import { type DirectoryUser, USER_FILTER } from '../../domain/scim/user.ts';
import type { DirectoryCaller } from '../../services/directory/caller.ts';
import type { Services } from '../../services/services.ts';
import { callerOf } from '../auth/caller.ts';
import { readBearer } from '../auth/credentials.ts';
import type { RateLimits } from '../auth/rate-limits.ts';
import { readScimJson } from '../message/body.ts';
import type { HttpRequest, HttpResponse } from '../message/message.ts';
import type { Endpoint, RequestContext } from '../request-context.ts';
import {
  discoveryDocument,
  listResponse,
  PAGE_MAX,
  type Resource,
  selectAttributes,
  toUserResource,
} from './resources.ts';
import { methodNotAllowed, scimEndpoint, scimResponse } from './responses.ts';

/** The path of the SCIM endpoints, under which all resources are. */
export const SCIM_PATH = '/scim/v2';
const PAGE_DEFAULT = 100;
const ID_LENGTH = 100;

/** The dependencies of the SCIM endpoints. */
export interface ScimParts {
  readonly config: Pick<Config, 'publicUrl'>;
  readonly limits: RateLimits;
  readonly services: Pick<Services, 'providers' | 'directoryCredentials' | 'directoryUsers' | 'secretReader'>;
}

/** One request of a directory. */
interface ScimCall {
  readonly caller: DirectoryCaller;
  readonly request: HttpRequest;
  readonly query: URLSearchParams;
  /** The address of the SCIM endpoints. */
  readonly base: string;
}

/** Identifies the directory of a request. A refusal counts against the limit of its address, and a request against its own. */
async function identify(
  { services, limits }: ScimParts,
  request: HttpRequest,
  requestContext: RequestContext,
): Promise<DirectoryCaller> {
  try {
    const authorization = request.headerValues('authorization');
    if (authorization.length === 0) throw failure('UNAUTHENTICATED');
    const { digest } = readBearer(authorization, services.secretReader.read, ['DIRECTORY']);
    const directory = await services.directoryCredentials.authenticate(digest);
    await limits.countRequest(directory.credentialId);
    const { address, userAgent } = callerOf(request, requestContext);
    return { ...directory, address, userAgent };
  } catch (error) {
    const isRefusal = error instanceof PosternError && ERRORS[error.code].status === 401;
    if (isRefusal) await limits.countRefusal(requestContext.address);
    throw error;
  }
}

/** Returns a whole number of a query; `otherwise` if it is absent. Throws `invalidValue`. */
function integer(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  if (text === null || text === '') return otherwise;
  if (!/^-?\d{1,9}$/.test(text)) throw scimFailure('invalidValue', `${name} must be a whole number.`);
  return Number(text);
}

function pageOf(query: URLSearchParams): { startIndex: number; count: number } {
  const count = Math.min(PAGE_MAX, Math.max(0, integer(query, 'count', PAGE_DEFAULT)));
  return { startIndex: Math.max(1, integer(query, 'startIndex', 1)), count };
}

function userResponse({ query, base }: ScimCall, user: DirectoryUser, status = 200): HttpResponse {
  const resource = toUserResource(user, base);
  const location = `${base}/Users/${user.id}`;
  return scimResponse(selectAttributes(resource, query), status, { location });
}

async function handleUsers(parts: ScimParts, call: ScimCall): Promise<HttpResponse> {
  const { directoryUsers } = parts.services;
  const { caller, request, query, base } = call;
  if (request.method === 'POST') {
    return userResponse(call, await directoryUsers.create(caller, await readScimJson(request)), 201);
  }
  if (request.method !== 'GET') return methodNotAllowed(['GET', 'POST']);
  const text = query.get('filter');
  const filter = text === null ? null : parseFilter(text, USER_FILTER);
  const { total, startIndex, resources } = await directoryUsers.list(caller, { filter, ...pageOf(query) });
  const users: Resource[] = resources.map((user) => selectAttributes(toUserResource(user, base), query));
  return scimResponse(listResponse(users, total, startIndex));
}

async function handleUser(parts: ScimParts, call: ScimCall, id: string): Promise<HttpResponse> {
  const { directoryUsers } = parts.services;
  const { caller, request } = call;
  switch (request.method) {
    case 'GET':
      return userResponse(call, await directoryUsers.find(caller, id));
    case 'PUT':
      return userResponse(call, await directoryUsers.replace(caller, id, await readScimJson(request)));
    case 'PATCH':
      return userResponse(call, await directoryUsers.patch(caller, id, await readScimJson(request)));
    case 'DELETE':
      await directoryUsers.remove(caller, id);
      return { status: 204, headers: {}, body: null };
    default:
      return methodNotAllowed(['GET', 'PUT', 'PATCH', 'DELETE']);
  }
}

/** Returns the segments of a path after that of the endpoints. Throws `NOT_FOUND` if one cannot be decoded. */
function segmentsOf({ url }: HttpRequest): string[] {
  try {
    const rest = url.pathname.slice(SCIM_PATH.length).replace(/\/$/, '');
    return rest.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw failure('NOT_FOUND');
  }
}

/** Creates the endpoint for everything under `/scim/v2` (RFC 7644). Every request needs the credential of a directory. */
export function createScimEndpoint(parts: ScimParts): Endpoint {
  return scimEndpoint(async (request, requestContext) => {
    const caller = await identify(parts, request, requestContext);
    const segments = segmentsOf(request);
    const [kind, id, ...others] = segments;
    const base = `${parts.config.publicUrl ?? request.url.origin}${SCIM_PATH}`;
    const call: ScimCall = { caller, request, query: request.url.searchParams, base };
    if (others.length > 0 || (id !== undefined && id.length > ID_LENGTH)) throw failure('NOT_FOUND');
    if (kind === 'Users') return id === undefined ? handleUsers(parts, call) : handleUser(parts, call, id);
    const document = discoveryDocument(segments, base);
    if (!document) throw failure('NOT_FOUND');
    return request.method === 'GET' ? scimResponse(document) : methodNotAllowed(['GET']);
  });
}
