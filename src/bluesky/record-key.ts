/**
 * Finds the record key of a post, with proof: the record listed under it has the CID computed from the record that
 * arrived here. A wrong permalink is worse than none.
 */
import { cidOf } from '../../queues/index.ts';
import type { Bluesky } from './bluesky.ts';
import type { Outcome } from './http/calls.ts';
import { isTid, msOfTid, tidAt } from './tid.ts';
import type { ListedRecord } from './wire.ts';

export interface Wanted {
  /** The author. */
  did: string;
  /** Of the record, computed. */
  cid: string;
  /** The record's `createdAt`. */
  createdMs: number;
}

/** `isIndexed`: the AppView showed the post. `unknown`: searched, and not found. `failed`: could not be searched. */
export type FoundKey = { rkey: string; isIndexed: boolean } | 'unknown' | 'failed';

/** Keys lie within seconds of `createdAt`, except for imports, future dates and scheduled posts. */
const LATER_MS = 60_000;
const EARLIER_MS = 10_000;
const PAGES = 3;
const PER_PAGE = 25;
/** An author's server is asked twice a second at most: whoever would wait longer asks the AppView first, if it has time. */
const SOON_MS = 2_000;

/** `server`: where the author's records are. */
export async function findRecordKey(
  bluesky: Bluesky,
  wanted: Wanted,
  server: Outcome<string | undefined>,
): Promise<FoundKey> {
  let listed = await onTheirServer(bluesky, wanted, server, SOON_MS);
  if (typeof listed === 'object') return listed;
  const shown = await inAuthorFeed(bluesky, wanted);
  if (typeof shown === 'object') return shown;
  if (listed === 'busy') listed = await onTheirServer(bluesky, wanted, server);
  if (typeof listed === 'object') return listed;
  return listed === 'unknown' ? shown : 'failed';
}

/** `busy`: no turn came, or the server is left alone. */
type Listed = FoundKey | 'busy';

async function onTheirServer(
  bluesky: Bluesky,
  wanted: Wanted,
  server: Outcome<string | undefined>,
  patienceMs?: number,
): Promise<Listed> {
  if ('failed' in server) return 'failed';
  return 'ok' in server && server.ok !== undefined
    ? inRepository(bluesky, wanted, server.ok, patienceMs)
    : 'unknown';
}

/** Around `createdAt`, then among the newest. */
async function inRepository(
  bluesky: Bluesky,
  wanted: Wanted,
  server: string,
  patienceMs?: number,
): Promise<Listed> {
  let cursor = tidAt(wanted.createdMs + LATER_MS);
  for (let page = 0; page < PAGES; page += 1) {
    const patience = page === 0 ? { patienceMs } : {};
    const asked = await bluesky.records(server, wanted.did, { cursor, limit: PER_PAGE, ...patience });
    if ('failed' in asked) return asked.failed === 'left-alone' ? 'busy' : 'failed';
    if ('gone' in asked) return 'unknown';
    const rkey = proven(asked.ok.found.map(ofList), wanted);
    if (rkey !== undefined) return { rkey, isIndexed: false };
    const last = keyOf(asked.ok.found.at(-1)?.uri ?? '', wanted.did);
    if (last === undefined || !isTid(last) || msOfTid(last) < wanted.createdMs - EARLIER_MS || last >= cursor)
      break;
    cursor = last;
  }
  const newest = await bluesky.records(server, wanted.did, { limit: 100 });
  if ('failed' in newest) return 'failed';
  if ('gone' in newest) return 'unknown';
  const rkey = proven(newest.ok.found.map(ofList), wanted);
  return rkey === undefined ? 'unknown' : { rkey, isIndexed: false };
}

async function inAuthorFeed(bluesky: Bluesky, wanted: Wanted): Promise<FoundKey> {
  const asked = await bluesky.feedUntil(wanted.did, wanted.createdMs + 1_000);
  if ('failed' in asked) return 'failed';
  if ('gone' in asked) return 'unknown';
  const own = asked.ok.found.filter(({ author }) => author.did === wanted.did);
  const rkey = proven(own, wanted);
  return rkey === undefined ? 'unknown' : { rkey, isIndexed: true };
}

const ofList = ({ uri, cid, value }: ListedRecord) => ({ uri, cid, record: value });

/** By the listed CID and by that of the record listed with it: the list alone proves nothing. */
function proven(
  listed: readonly { uri: string; cid: string; record: object }[],
  { did, cid }: Wanted,
): string | undefined {
  for (const one of listed) {
    const rkey = keyOf(one.uri, did);
    if (rkey !== undefined && one.cid === cid && cidOf(one.record) === cid) return rkey;
  }
  return undefined;
}

const postUri =
  /^at:\/\/(did:[a-z]+:[A-Za-z0-9._:%-]{1,2000})\/app\.bsky\.feed\.post\/([A-Za-z0-9._~:-]{1,512})$/;

/** The record key in the uri of a post of this author. */
export function keyOf(uri: string, did: string): string | undefined {
  const [, author, rkey] = postUri.exec(uri) ?? [];
  return author === did && rkey !== '.' && rkey !== '..' ? rkey : undefined;
}

/** Whether the CID sent with a uri says that the uri names another record than `record`. */
export const isDisproved = (cid: unknown, record: object): boolean =>
  typeof cid === 'string' && cid !== '' && cid !== cidOf(record);

/** Of a uri that names a post by a DID. */
export const authorOfUri = (uri: string): string | undefined => postUri.exec(uri)?.[1];
export const uriOf = (did: string, rkey: string): string => `at://${did}/app.bsky.feed.post/${rkey}`;
