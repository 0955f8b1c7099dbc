/** A page of a stream, as ids: what `stream/items/ids`, `stream/contents` and Atom have in common. */
import type { IdsView, InboxIds } from '../../inbox/ids/inbox-ids.ts';
import type { Served } from '../../inbox/served.ts';
import type { Directory } from '../../subscriptions/directory.ts';
import { Problem } from '../http/problem.ts';
import { findFeed } from './feeds.ts';
import { decimalId, streamIdOf } from './ids.ts';
import type { Params } from './params.ts';
import { newestOf, select, type Test, testOf } from './selection.ts';
import { parseStream, type Stream, stateName } from './stream-names.ts';

export interface ListingDeps {
  inboxIds: InboxIds;
  served: Served;
  directory: Pick<Directory, 'registrationsOf'>;
}

export interface Listing {
  stream: Stream;
  /** Of the inbox's stream. */
  ids: string[];
  /** undefined at the end. */
  continuation: string | undefined;
  /** Id of the stream's newest item. */
  newest: string | undefined;
}

export interface Asked {
  inbox: string;
  token: string;
  params: Params;
  /** From the address; undefined: by the parameter `s`. */
  streamName: string | undefined;
  signal: AbortSignal;
}

const DEFAULT_LIMIT = 20;
/** The clock of a client, or ours, may differ from that of Redis, which stamps the ids. */
const CLOCKS_DIFFER_MS = 180_000;

export async function readListing(deps: ListingDeps, asked: Asked, mostItems: number): Promise<Listing> {
  const { inbox, token, params } = asked;
  const stream = parsed(asked.streamName || params.one('s') || stateName('reading-list'));
  const cursor = cursorOf(params.one('c'));
  const view = await deps.inboxIds.read(inbox, asked.signal);
  const find = (one: Stream) => testFor(deps.directory, inbox, view, one);
  const isInStream = await find(stream);
  if (!isInStream) throw unknownStream(stream.id);
  const tests = [isInStream];
  for (const name of named(params, 'it')) tests.push((await find(parsed(name))) ?? (() => false));
  for (const name of named(params, 'xt')) {
    const isLeftOut = await find(parsed(name));
    if (isLeftOut) tests.push((at) => !isLeftOut(at));
  }
  // Before the answer: what comes later than this was not seen.
  if (cursor === undefined) await deps.served.note(token, servedName(stream), view.newest || '0-0');
  const { ids, hasMore } = select(view, {
    isWanted: (at) => tests.every((test) => test(at)),
    oldestFirst: params.one('r') === 'o',
    cursor,
    sinceMs: msOf(params.one('ot'), 0) - CLOCKS_DIFFER_MS,
    untilMs: msOf(params.one('nt'), Number.POSITIVE_INFINITY),
    limit: limitOf(params.one('n'), mostItems),
  });
  const continuation = hasMore ? decimalId(ids.at(-1)!) : undefined;
  return { stream, ids, continuation, newest: newestOf(view, isInStream) };
}

/** undefined: no such feed. */
export async function testFor(
  directory: Pick<Directory, 'registrationsOf'>,
  inbox: string,
  view: IdsView,
  stream: Stream,
): Promise<Test | undefined> {
  if (stream.kind !== 'feed') return testOf(view, stream, undefined);
  const feed = await findFeed(directory, inbox, view.table, stream.id);
  return feed === undefined ? undefined : testOf(view, stream, feed);
}

/** The label holds what the reading list does. */
export const servedName = ({ kind, id }: Stream): string => (kind === 'all' ? 'reading-list' : id);

export const unknownStream = (name: string): Problem =>
  new Problem(400, `Unknown stream: ${JSON.stringify(name.slice(0, 100)).toWellFormed()}`);

const named = (params: Params, name: string): string[] => params.all(name).filter((text) => text !== '');

function parsed(name: string): Stream {
  const stream = parseStream(name);
  if (!stream) throw unknownStream(name);
  return stream;
}

function cursorOf(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const id = streamIdOf(text);
  if (id === undefined) throw new Problem(400, 'c is not a continuation of ours');
  return id;
}

/** Of seconds; 0 and whatever is no time: none. */
function msOf(text: string | undefined, none: number): number {
  const seconds = text && /^\d+(\.\d*)?$/.test(text) ? Number(text) : 0;
  return seconds > 0 ? seconds * 1_000 : none;
}

function limitOf(text: string | undefined, most: number): number {
  const limit = text && /^\d+$/.test(text) ? Number(text) : 0;
  return limit > 0 ? Math.min(limit, most) : DEFAULT_LIMIT;
}
