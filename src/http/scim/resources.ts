import type { DirectoryGroup } from '../../domain/scim/group.ts';
import type { DirectoryUser } from '../../domain/scim/user.ts';

const SCHEMAS = 'urn:ietf:params:scim:schemas:core:2.0';
const USER_SCHEMA = `${SCHEMAS}:User`;

/** A resource as JSON. */
export type Resource = Readonly<Record<string, unknown>>;

/** Returns a person as a SCIM resource (RFC 7643, section 4.1). `base` is the address of the SCIM endpoints. */
export function toUserResource(user: DirectoryUser, base: string): Resource {
  return {
    schemas: [USER_SCHEMA],
    id: user.id,
    externalId: user.externalId,
    userName: user.email,
    displayName: user.name,
    name: { formatted: user.name },
    emails: [{ value: user.email, type: 'work', primary: true }],
    active: user.isActive,
    meta: {
      resourceType: 'User',
      created: new Date(user.createdAt).toISOString(),
      location: `${base}/Users/${user.id}`,
    },
  };
}

/** Returns a group as a SCIM resource (RFC 7643, section 4.2), without members if they are not loaded. */
export function toGroupResource(
  group: DirectoryGroup & { readonly members?: readonly string[] },
  base: string,
): Resource {
  return {
    schemas: [`${SCHEMAS}:Group`],
    id: group.id,
    ...(group.externalId !== null && { externalId: group.externalId }),
    displayName: group.name,
    ...(group.members && {
      members: group.members.map((id) => ({ value: id, type: 'User', $ref: `${base}/Users/${id}` })),
    }),
    meta: {
      resourceType: 'Group',
      created: new Date(group.createdAt).toISOString(),
      location: `${base}/Groups/${group.id}`,
    },
  };
}

/** The most resources in a page. */
export const PAGE_MAX = 200;

function serviceProviderConfig(base: string): Resource {
  const unsupported = { supported: false };
  return {
    schemas: [`${SCHEMAS}:ServiceProviderConfig`],
    patch: { supported: true },
    bulk: { ...unsupported, maxOperations: 0, maxPayloadSize: 0 },
    filter: { supported: true, maxResults: PAGE_MAX },
    changePassword: unsupported,
    sort: unsupported,
    etag: unsupported,
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer',
        description: 'The secret that "postern scim create" prints.',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
  };
}

interface ResourceKind {
  readonly name: string;
  readonly endpoint: string;
  readonly description: string;
  readonly attributes: readonly Resource[];
}

function attribute(name: string, description: string, more: Resource = {}): Resource {
  return {
    name,
    description,
    type: 'string',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...more,
  };
}

const KINDS: readonly ResourceKind[] = [
  {
    name: 'User',
    endpoint: '/Users',
    description: 'A person with an account that is linked to the provider.',
    attributes: [
      attribute('externalId', 'The subject of the person at the provider.', {
        required: true,
        caseExact: true,
        uniqueness: 'server',
      }),
      attribute('userName', 'The email address.', { required: true, uniqueness: 'server' }),
      attribute('displayName', 'The name.'),
      attribute('active', 'Whether the account is active.', { type: 'boolean' }),
    ],
  },
  {
    name: 'Group',
    endpoint: '/Groups',
    description: 'A group of people, which can give roles in workspaces.',
    attributes: [
      attribute('displayName', 'The name, by which a role is given.', {
        required: true,
        caseExact: true,
        uniqueness: 'server',
      }),
      attribute('members', 'The people in the group. Lists of groups leave them out.', {
        type: 'complex',
        multiValued: true,
        subAttributes: [attribute('value', 'The id of a person.', { mutability: 'immutable' })],
      }),
    ],
  },
];

function resourceType({ name, endpoint, description }: ResourceKind, base: string): Resource {
  return {
    schemas: [`${SCHEMAS}:ResourceType`],
    id: name,
    name,
    endpoint,
    description,
    schema: `${SCHEMAS}:${name}`,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  };
}

function schema({ name, description, attributes }: ResourceKind, base: string): Resource {
  const id = `${SCHEMAS}:${name}`;
  return {
    schemas: [`${SCHEMAS}:Schema`],
    id,
    name,
    description,
    attributes,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
  };
}

/** Returns a list of resources (RFC 7644, section 3.4.2). */
export function listResponse(
  resources: readonly Resource[],
  total = resources.length,
  startIndex = 1,
): Resource {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

/** Returns what describes the SCIM endpoints (RFC 7644, section 4), by the segments of a path; `null` for another path. */
export function discoveryDocument(
  [kind, id]: readonly string[],
  base: string,
  hasGroups: boolean,
): Resource | null {
  if (kind === 'ServiceProviderConfig' && id === undefined) return serviceProviderConfig(base);
  const describe = kind === 'ResourceTypes' ? resourceType : kind === 'Schemas' ? schema : null;
  if (!describe) return null;
  const kinds = KINDS.filter(({ name }) => name !== 'Group' || hasGroups);
  const all = kinds.map((each) => describe(each, base));
  return id === undefined ? listResponse(all) : (all.find((each) => each.id === id) ?? null);
}

function names(text: string | null): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((name) => (name.trim().split(':').at(-1) ?? '').split('.', 1)[0]?.toLowerCase() ?? '')
    .filter((name) => name !== '');
}

/** Returns a resource with only the attributes that a query asks for (RFC 7644, section 3.9). Its id and schemas always remain. */
export function selectAttributes(resource: Resource, query: URLSearchParams): Resource {
  const wanted = names(query.get('attributes'));
  const unwanted = names(query.get('excludedAttributes'));
  if (wanted.length === 0 && unwanted.length === 0) return resource;
  const isKept = (name: string) =>
    name === 'id' ||
    name === 'schemas' ||
    (wanted.length > 0 ? wanted.includes(name.toLowerCase()) : !unwanted.includes(name.toLowerCase()));
  return Object.fromEntries(Object.entries(resource).filter(([name]) => isKept(name)));
}
