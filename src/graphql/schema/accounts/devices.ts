import type { PendingDeviceRequest } from '../../../services/device/approvals.ts';
import { builder } from '../../builder.ts';
import { mutation } from '../../mutation.ts';
import { ProposedScopeRef } from '../scope-proposal.ts';
import { CreateTokenInput } from '../token-mutations.ts';

const USER_CODE = 'The code that the client shows. Case, hyphens and spaces do not matter.';
const ATTEMPTS =
  'After 5 codes that no client has, the session gets TOO_MANY_ATTEMPTS, also for a right one.';

/** The address of a request whose sender is unknown. */
const UNKNOWN = 'unknown';

const DeviceRequestRef = builder.objectRef<PendingDeviceRequest>('DeviceRequest').implement({
  description: 'A client, such as a command line, that asks for a session or a token (RFC 8628).',
  fields: (t) => ({
    clientName: t.exposeString('clientName', {
      description: 'As the client calls itself; unverified. Show it in quotation marks.',
    }),
    address: t.string({
      description: 'The address that the client asked from, or unknown.',
      resolve: ({ address }) => address ?? UNKNOWN,
    }),
    callerAddress: t.string({
      description:
        'The address of the person who decides, or unknown. Show it beside the address of the client.',
      resolve: ({ callerAddress }) => callerAddress ?? UNKNOWN,
    }),
    requestedScopes: t.field({
      type: [ProposedScopeRef],
      description: 'The scopes that a token for the client can have at most; empty if it asked for none.',
      resolve: ({ scopes }) => [...scopes],
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'Until when the request can be answered, and the answer collected.',
      resolve: ({ expiresAt }) => new Date(expiresAt),
    }),
  }),
});

builder.queryField('deviceRequest', (t) =>
  t.field({
    type: DeviceRequestRef,
    description: `The request of a client whose code the person typed. NOT_FOUND if no client waits with this code. ${ATTEMPTS}`,
    requires: { kind: 'session', consoleOnly: true },
    args: { userCode: t.arg.string({ required: true, description: USER_CODE }) },
    resolve: (_root, { userCode }, { caller, services }) => services.deviceApprovals.find(caller, userCode),
  }),
);

mutation('approveDevice', {
  description: `Gives a client what it asked for: with token, a personal token with at most the requested scopes, for at most 30 days; otherwise a session for 12 hours, which is refused where re-authentication is required. The client collects the secret once. ${ATTEMPTS}`,
  requires: { kind: 'session', consoleOnly: true },
  input: {
    description: 'The client, and what it gets.',
    fields: (t) => ({
      userCode: t.string({ required: true, description: USER_CODE }),
      token: t.field({
        type: CreateTokenInput,
        description:
          'The token for the client: SCOPED or NONE. Default: no token, but a session for this command line.',
      }),
    }),
  },
  resolve: async ({ userCode, token }, { caller, services }, access) => {
    await services.deviceApprovals.approve(caller, access, userCode, token ?? null);
    return { approved: true };
  },
  payload: {
    description: 'The result of approving a client.',
    fields: (t) => ({ approved: t.exposeBoolean('approved', { description: 'Always true.' }) }),
  },
});

mutation('denyDevice', {
  description: `Refuses the request of a client. ${ATTEMPTS}`,
  requires: { kind: 'session', consoleOnly: true },
  input: {
    description: 'The client to refuse.',
    fields: (t) => ({ userCode: t.string({ required: true, description: USER_CODE }) }),
  },
  resolve: async ({ userCode }, { caller, services }, access) => {
    await services.deviceApprovals.deny(caller, access, userCode);
    return { denied: true };
  },
  payload: {
    description: 'The result of refusing a client.',
    fields: (t) => ({ denied: t.exposeBoolean('denied', { description: 'Always true.' }) }),
  },
});
