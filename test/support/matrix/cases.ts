import { lookedUp, type Verdict } from '../oracle.ts';
import { absentId, type EntityType, type NamedCaller, type World } from './world.ts';

/** A check by `viewer.can` whose decision must agree with the call itself. */
export interface Question {
  readonly operation: string;
  readonly entityType: string;
  readonly entityId?: string;
  readonly workspaceId?: string;
}

/** One object that a field is called on. */
export interface Case {
  readonly name: string;
  /** The arguments of the field, or of the root field above it; `null` if the caller has no such object. */
  args(caller: NamedCaller): object | null;
  /** The verdict of the permission model. */
  verdict(caller: NamedCaller): Verdict;
  can?(caller: NamedCaller): Question;
}

/** A call of the API. */
export interface Call {
  readonly query: string;
  readonly variables: object;
  readonly secret: string | null;
}

/** How the matrix calls a field. */
export interface Recipe {
  readonly cases: readonly Case[];
  /** The scope that a personal token needs for it. */
  readonly scope?: readonly [EntityType, string];
  /** The root field that leads to it, if it is a field of an object. That field takes the arguments. */
  readonly via?: string;
  /** For a subscription: publishes to the channel that the call follows, so that an open stream has an event. */
  readonly trigger?: (args: Record<string, string>) => Call;
}

/** How the matrix calls each field, by its path. */
export type Recipes = Readonly<Record<string, Recipe>>;

/** Tokens that fields are called on, besides the caller's own. */
export interface TokenTargets {
  readonly sibling: string;
  readonly strangers: string;
  readonly ofHome: string;
  readonly ownerOfHome: string;
  readonly ofForeign: string;
  readonly ofShut: string;
  readonly ofStrict: string;
}

/** A case that is the same for every caller. */
export function fixed(
  name: string,
  args: object,
  verdict: (caller: NamedCaller) => Verdict,
  can?: Question,
): Case {
  return { name, args: () => args, verdict, ...(can && { can: () => can }) };
}

/** One case for each workspace. */
export function overWorkspaces(
  { workspaces }: World,
  args: (id: string) => object,
  verdict: (caller: NamedCaller, id: string) => Verdict,
  can?: (id: string) => Question,
): Case[] {
  return Object.entries(workspaces).map(([name, id]) =>
    fixed(name, args(id), (caller) => verdict(caller, id), can?.(id)),
  );
}

/** One case for each token, including the caller's own and one that it derived. */
export function overTokens(
  targets: TokenTargets,
  args: (id: string) => object,
  verdict: (caller: NamedCaller, id: string) => Verdict,
  can?: (id: string) => Question,
): Case[] {
  const others = { ...targets, absent: absentId(targets.sibling) };
  const ofCaller = (name: string, idOf: (caller: NamedCaller) => string | undefined): Case => ({
    name,
    args: (caller) => {
      const id = idOf(caller);
      return id === undefined ? null : args(id);
    },
    verdict: (caller) => verdict(caller, idOf(caller) as string),
    ...(can && { can: (caller: NamedCaller) => can(idOf(caller) as string) }),
  });
  return [
    ofCaller('own', ({ ownToken }) => ownToken),
    ofCaller('derived', ({ derived }) => derived),
    ...Object.entries(others).map(([name, id]) =>
      fixed(name, args(id), (caller) => verdict(caller, id), can?.(id)),
    ),
  ];
}

/** One case for each channel. */
export function overChannels(
  channels: Readonly<Record<string, string>>,
  args: (id: string) => object,
  verdict: (caller: NamedCaller, id: string) => Verdict,
  can?: (id: string) => Question,
): Case[] {
  return Object.entries(channels).map(([name, id]) =>
    fixed(name, args(id), (caller) => verdict(caller, id), can?.(id)),
  );
}

/** The cases as a lookup responds to them: a hidden object is `null`. */
export function asLookUp(cases: readonly Case[]): Case[] {
  return cases.map((each) => ({ ...each, verdict: (caller) => lookedUp(each.verdict(caller)) }));
}

/** The verdict on a field of an object: that of its root field, unless the root field is allowed. */
export function beneath(above: Verdict, field: () => Verdict): Verdict {
  const reached = lookedUp(above);
  return reached === 'allowed' ? field() : reached;
}
