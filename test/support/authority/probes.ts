import {
  amongChannels,
  amongOwnTokens,
  amongWorkspaces,
  type Caller,
  lookedUp,
  mayOnType,
  onChannel,
  onRegistered,
  onToken,
  onWorkspace,
  type Rank,
  type TypeQuestion,
  type Verdict,
  withRole,
} from '../oracle.ts';
import type { Random } from '../random.ts';
import { INVOICES, type Scenario, type ScenarioCaller } from './scenario.ts';

/** A call with its expected result: a verdict and, for a list, the ids in it. */
export interface Probe {
  readonly what: string;
  readonly query: string;
  readonly variables: object;
  readonly verdict: Verdict;
  readonly ids?: readonly string[];
}

type ProbeMaker = (random: Random, scenario: Scenario, caller: Caller) => Probe;

/** One of the ids, or sometimes an id that no record has. */
function anyOf(random: Random, ids: readonly string[]): string {
  const [some = ''] = ids;
  return random.chance(0.1) ? `${some.slice(0, 4)}0190${'cd'.repeat(14)}` : random.pick(ids);
}

function lookUp(
  field: string,
  random: Random,
  ids: readonly string[],
  verdict: (id: string) => Verdict,
): Probe {
  const id = anyOf(random, ids);
  const query = `query ($id: ID!) { cell: ${field}(id: $id) { id } }`;
  return { what: `${field} ${id}`, query, variables: { id }, verdict: lookedUp(verdict(id)) };
}

function change(field: string, type: string, input: object, verdict: Verdict): Probe {
  const query = `mutation ($input: ${type}!) { cell: ${field}(input: $input) { __typename } }`;
  return { what: `${field} ${JSON.stringify(input)}`, query, variables: { input }, verdict };
}

function list(field: string, variables: object, verdict: Verdict, ids: readonly string[]): Probe {
  const [declared, passed] =
    'workspaceId' in variables ? ['($workspaceId: ID)', '(workspaceId: $workspaceId)'] : ['', ''];
  const query = `query ${declared} { cell: ${field}${passed} { nodes { id } } }`;
  return { what: `${field} ${JSON.stringify(variables)}`, query, variables, verdict, ids };
}

function gated(role: Rank, field: string, input: (workspace: string) => object): ProbeMaker {
  const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  return (random, { workspaces, facts }, caller) => {
    const workspace = anyOf(random, workspaces);
    return change(field, type, input(workspace), withRole(facts, caller, role, workspace));
  };
}

const PROBES: readonly ProbeMaker[] = [
  (random, { workspaces, facts }, caller) =>
    lookUp('workspace', random, workspaces, (id) => onWorkspace(facts, caller, 'READ', id)),
  (random, { channels, facts }, caller) =>
    lookUp('channel', random, channels, (id) => onChannel(facts, caller, 'READ', id)),
  (random, { channels, facts }, caller) =>
    lookUp('node', random, channels, (id) => onChannel(facts, caller, 'READ', id)),
  (random, { tokens, workspaceTokens, facts }, caller) =>
    lookUp('token', random, [...tokens.map(({ id }) => id), ...workspaceTokens], (id) =>
      onToken(facts, caller, 'READ', id, 'VIEWER'),
    ),
  (random, { channels, facts }, caller) => {
    const id = anyOf(random, channels);
    return change('updateChannel', 'UpdateChannelInput', { id }, onChannel(facts, caller, 'UPDATE', id));
  },
  (random, { channels, facts }, caller) => {
    const channelId = anyOf(random, channels);
    const verdict = onChannel(facts, caller, 'PUBLISH', channelId);
    return change('publishMessage', 'PublishMessageInput', { channelId, payload: 1 }, verdict);
  },
  (random, { tokens, workspaceTokens, facts }, caller) => {
    const id = anyOf(random, [...tokens.map((token) => token.id), ...workspaceTokens]);
    const verdict = onToken(facts, caller, 'UPDATE', id, 'WORKSPACE_MANAGER');
    return change('updateToken', 'UpdateTokenInput', { id }, verdict);
  },
  gated('WORKSPACE_MANAGER', 'updateWorkspace', (id) => ({ id, name: 'same' })),
  gated('ADMINISTRATOR', 'updateTokenPolicy', (workspaceId) => ({ workspaceId })),
  (_random, { workspaces, facts }, caller) => {
    const ids = workspaces.filter((id) => onWorkspace(facts, caller, 'LIST', id) === 'allowed');
    return list('workspaces', {}, amongWorkspaces(caller), ids);
  },
  (random, { workspaces, channels, facts }, caller) => {
    const workspaceId = random.chance(0.5) ? null : anyOf(random, workspaces);
    const ids = channels.filter(
      (id) =>
        onChannel(facts, caller, 'LIST', id) === 'allowed' &&
        (workspaceId === null || facts.channel(id)?.workspace === workspaceId),
    );
    return list('channels', { workspaceId }, amongChannels(caller, workspaceId), ids);
  },
  (_random, { tokens, facts }, caller) => {
    const ids = tokens
      .map(({ id }) => id)
      .filter((id) => onToken(facts, caller, 'LIST', id, 'VIEWER') === 'allowed');
    return list('tokens', {}, amongOwnTokens(caller, 'LIST'), ids);
  },
];

/** Returns a random call by a random caller. */
export function randomProbe(random: Random, scenario: Scenario): { caller: ScenarioCaller; probe: Probe } {
  const caller = random.pick(scenario.callers);
  return { caller, probe: random.pick(PROBES)(random, scenario, caller.who()) };
}

/** Returns a random check of an entity of the registered type, as another service makes it, with the expected verdict. */
export function randomQuestion(
  random: Random,
  scenario: Scenario,
): { caller: ScenarioCaller; query: string; verdict: Verdict } {
  const caller = random.pick(scenario.callers.slice(1));
  const workspace = anyOf(random, scenario.workspaces);
  const operation = random.pick(['READ', 'UPDATE', 'REFUND', 'REFUND_ALL', 'DELETE']);
  const invoice = random.pick(INVOICES);
  const ask = `operation: ${operation}, entityType: "invoice", entityId: "${invoice}", workspaceId: "${workspace}"`;
  return {
    caller,
    query: `{ viewer { can(${ask}) { allowed reason required } } }`,
    verdict: onRegistered(
      scenario.facts,
      caller.who(),
      operation,
      'invoice',
      invoice,
      workspace,
      scenario.registered,
    ),
  };
}

const TYPE_OPERATIONS = {
  workspace: ['READ', 'LIST'],
  channel: ['CREATE', 'READ', 'LIST', 'PUBLISH'],
  invoice: ['READ', 'REFUND'],
} as const;

/** Returns a check of any or every entity of a type, with the expected decision. For a registered type, only every: its ids are unknown. */
export function randomTypeQuestion(random: Random, scenario: Scenario) {
  const entityType = random.pick(['workspace', 'channel', 'channel', 'invoice'] as const);
  const question: TypeQuestion = {
    entityType,
    operation: random.pick(TYPE_OPERATIONS[entityType]),
    every: entityType === 'invoice' || random.chance(0.5),
    workspace: random.chance(0.5) ? null : anyOf(random, scenario.workspaces),
  };
  const caller = random.pick(scenario.callers.slice(1));
  const { operation, every, workspace } = question;
  return {
    caller,
    args: { operation, entityType, ...(workspace !== null && { workspaceId: workspace }) },
    every,
    allowed: mayOnType(scenario, caller.who(), question),
  };
}
