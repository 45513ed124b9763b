import type { Config } from '../../config.ts';
import { ERRORS, failure, PosternError } from '../../domain/errors.ts';
import { scimFailure } from '../../domain/scim/failure.ts';
import { type FilterAttributes, parseFilter } from '../../domain/scim/filter.ts';
import { GROUP_FILTER, type GroupAttribute } from '../../domain/scim/group.ts';
import { type DirectoryUser, USER_FILTER, type UserAttribute } from '../../domain/scim/user.ts';
import type { DirectoryCaller } from '../../services/directory/caller.ts';
import type { DirectoryGroupWithMembers } from '../../services/directory/groups.ts';
import type { DirectoryPage, DirectoryPageRequest } from '../../services/directory/users.ts';
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
  toGroupResource,
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
  readonly services: Pick<
    Services,
    'providers' | 'directoryCredentials' | 'directoryUsers' | 'directoryGroups' | 'secretReader'
  >;
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

/** A resource as a list has it. */
type Listed<T> = Omit<T, 'members'> & { readonly members?: readonly string[] };

interface Identified {
  readonly id: string;
}

/** A kind of resource: how it is stored and represented. */
interface ResourceHandler<T extends Identified, A extends string> {
  readonly path: string;
  readonly filter: FilterAttributes<A>;
  readonly service: {
    list(caller: DirectoryCaller, page: DirectoryPageRequest<A>): Promise<DirectoryPage<Listed<T>>>;
    find(caller: DirectoryCaller, id: string): Promise<T>;
    create(caller: DirectoryCaller, body: unknown): Promise<T>;
    replace(caller: DirectoryCaller, id: string, body: unknown): Promise<T>;
    patch(caller: DirectoryCaller, id: string, body: unknown): Promise<T>;
    remove(caller: DirectoryCaller, id: string): Promise<void>;
  };
  readonly toResource: (resource: Listed<T>, base: string) => Resource;
}

type UserHandler = ResourceHandler<DirectoryUser, UserAttribute>;
type GroupHandler = ResourceHandler<DirectoryGroupWithMembers, GroupAttribute>;

async function handleAll<T extends Identified, A extends string>(
  handler: ResourceHandler<T, A>,
  call: ScimCall,
): Promise<HttpResponse> {
  const { service, filter: attributes, toResource, path } = handler;
  const { caller, request, query, base } = call;
  if (request.method === 'POST') {
    const created = await service.create(caller, await readScimJson(request));
    const location = `${base}/${path}/${created.id}`;
    return scimResponse(selectAttributes(toResource(created, base), query), 201, { location });
  }
  if (request.method !== 'GET') return methodNotAllowed(['GET', 'POST']);
  const text = query.get('filter');
  const filter = text === null ? null : parseFilter(text, attributes);
  const { total, startIndex, resources } = await service.list(caller, { filter, ...pageOf(query) });
  const page = resources.map((each) => selectAttributes(toResource(each, base), query));
  return scimResponse(listResponse(page, total, startIndex));
}

async function handleOne<T extends Identified, A extends string>(
  handler: ResourceHandler<T, A>,
  call: ScimCall,
  id: string,
): Promise<HttpResponse> {
  const { service, toResource } = handler;
  const { caller, request, query, base } = call;
  const respond = (resource: T) => scimResponse(selectAttributes(toResource(resource, base), query));
  switch (request.method) {
    case 'GET':
      return respond(await service.find(caller, id));
    case 'PUT':
      return respond(await service.replace(caller, id, await readScimJson(request)));
    case 'PATCH':
      return respond(await service.patch(caller, id, await readScimJson(request)));
    case 'DELETE':
      await service.remove(caller, id);
      return { status: 204, headers: {}, body: null };
    default:
      return methodNotAllowed(['GET', 'PUT', 'PATCH', 'DELETE']);
  }
}

function handle<T extends Identified, A extends string>(
  handler: ResourceHandler<T, A>,
  call: ScimCall,
  id: string | undefined,
): Promise<HttpResponse> {
  return id === undefined ? handleAll(handler, call) : handleOne(handler, call, id);
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
  const { directoryUsers, directoryGroups } = parts.services;
  const users: UserHandler = {
    path: 'Users',
    filter: USER_FILTER,
    service: directoryUsers,
    toResource: toUserResource,
  };
  const groups: GroupHandler = {
    path: 'Groups',
    filter: GROUP_FILTER,
    service: directoryGroups,
    toResource: toGroupResource,
  };
  return scimEndpoint(async (request, requestContext) => {
    const caller = await identify(parts, request, requestContext);
    const segments = segmentsOf(request);
    const [kind, id, ...others] = segments;
    const base = `${parts.config.publicUrl ?? request.url.origin}${SCIM_PATH}`;
    const call: ScimCall = { caller, request, query: request.url.searchParams, base };
    if (others.length > 0 || (id !== undefined && id.length > ID_LENGTH)) throw failure('NOT_FOUND');
    if (kind === users.path) return handle(users, call, id);
    if (kind === groups.path) return handle(groups, call, id);
    const document = discoveryDocument(segments, base, caller.provider.groupsFrom === 'scim');
    if (!document) throw failure('NOT_FOUND');
    return request.method === 'GET' ? scimResponse(document) : methodNotAllowed(['GET']);
  });
}
