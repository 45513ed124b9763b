import { OperationTypeNode } from 'graphql';
import { failure } from '../../domain/errors.ts';

/** The media type of a stream of Server-Sent Events. */
export const EVENT_STREAM = 'text/event-stream';

/** The media types of GraphQL responses, in the order in which the server prefers them. */
const MEDIA_TYPES = ['application/json', 'application/graphql-response+json', EVENT_STREAM] as const;

/** A media type that a GraphQL response can have. */
export type MediaType = (typeof MEDIA_TYPES)[number];

/** A media range of an `Accept` header (RFC 9110, section 12.5.1). */
interface MediaRange {
  readonly range: string;
  /** 0 to 1; 0 excludes the range. */
  readonly quality: number;
}

function parseRange(text: string): MediaRange | null {
  const [range = '', ...parameters] = text.toLowerCase().replaceAll(/[\s"]/g, '').split(';');
  let quality = 1;
  for (const parameter of parameters) {
    if (parameter.startsWith('charset=') && !/^charset=utf-?8$/.test(parameter)) return null;
    if (parameter.startsWith('q=')) quality = Number(parameter.slice('q='.length));
  }
  return quality >= 0 && quality <= 1 ? { range, quality } : null;
}

/** Returns the index of the most specific range that covers a media type; -1 if none does. */
function findRange(ranges: readonly MediaRange[], mediaType: MediaType): number {
  const [type] = mediaType.split('/');
  for (const name of [mediaType, `${type}/*`, '*/*']) {
    const place = ranges.findIndex(({ range }) => range === name);
    if (place >= 0) return place;
  }
  return -1;
}

function parseAccept(accept: string): readonly MediaType[] {
  const ranges = accept.split(',').flatMap((text) => parseRange(text) ?? []);
  return MEDIA_TYPES.map((mediaType) => ({ mediaType, place: findRange(ranges, mediaType) }))
    .map(({ mediaType, place }) => ({ mediaType, place, quality: ranges[place]?.quality ?? 0 }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || a.place - b.place)
    .map(({ mediaType }) => mediaType);
}

/** The headers of almost all clients. Parsing one takes longer than looking up a document. */
const USUAL: ReadonlyMap<string, readonly MediaType[]> = new Map(
  [
    '*/*',
    'application/json',
    'application/graphql-response+json',
    'application/graphql-response+json, application/json',
    EVENT_STREAM,
  ].map((accept) => [accept, parseAccept(accept)]),
);

/**
 * Returns the media types that a client accepts, ordered by quality, then by the order of the header, then by the preference
 * of the server. Empty if it accepts none. An absent or empty header accepts all.
 */
export function acceptedTypes(accept: string | null): readonly MediaType[] {
  const header = accept || '*/*';
  return USUAL.get(header) ?? parseAccept(header);
}

/** Returns the media type for a JSON response; `null` if the client accepts none. */
export function jsonTypeOf(accepted: readonly MediaType[]): Exclude<MediaType, typeof EVENT_STREAM> | null {
  return accepted.find((mediaType) => mediaType !== EVENT_STREAM) ?? null;
}

/**
 * Throws `NOT_ACCEPTABLE` if the client accepts no media type for the result of an operation. Call it before the operation is
 * executed; otherwise a secret that is shown once could be lost.
 */
export function assertAcceptable(
  accepted: readonly MediaType[],
  operation: OperationTypeNode | undefined,
): void {
  if (operation === OperationTypeNode.SUBSCRIPTION && !accepted.includes(EVENT_STREAM)) {
    throw failure('NOT_ACCEPTABLE', `The response to a subscription is ${EVENT_STREAM}.`);
  }
  if (accepted.length === 0) throw failure('NOT_ACCEPTABLE');
}
