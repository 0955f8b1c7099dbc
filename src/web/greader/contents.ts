/** Ids of streams, and items: of a stream, or those asked for by id. */
import { laterId } from '../../../queues/index.ts';
import type { Item } from '../../inbox/read/inbox-reader.ts';
import { decodeName } from '../../redis/keys.ts';
import { FEED_WAIT_MS, withKnown } from '../post/shown-item.ts';
import { type Answer, json, jsonParts } from './answer.ts';
import { atomParts } from './atom.ts';
import { askedIds, type Call, type Handler, pageOf, type ReaderDeps } from './call.ts';
import { feedId } from './feeds.ts';
import { decimalId } from './ids.ts';
import { greaderItem, secondsOf } from './item.ts';
import { readListing } from './listing.ts';
import { stateName } from './stream-names.ts';

const MOST_IDS = 100_000;
const MOST_ITEMS = 10_000;

export const streamIds: Handler = async (deps, call) => {
  const { ids, continuation } = await readListing(deps, call, MOST_IDS);
  return json({
    itemRefs: ids.map((id) => ({ id: decimalId(id) })),
    ...(continuation !== undefined && { continuation }),
  });
};

export const streamContents: Handler = async (deps, call) => {
  const { stream, ids, continuation, newest } = await readListing(deps, call, MOST_ITEMS);
  const head = { id: stream.id, updated: secondsOf(newest) };
  return jsonParts(parts(head, itemTexts(deps, call, ids), () => ({ continuation })));
};

export const itemsContents: Handler = async (deps, call) => {
  let newest: string | undefined;
  const texts = itemTexts(deps, call, askedIds(call), ({ id }) => {
    newest = newest === undefined ? id : laterId(newest, id);
  });
  return jsonParts(parts({ id: stateName('reading-list') }, texts, () => ({ updated: secondsOf(newest) })));
};

/** For newsboat 2.23 and earlier. */
export const atomFeed: Handler = async (deps, call): Promise<Answer> => {
  const { stream, ids, newest } = await readListing(deps, call, MOST_ITEMS);
  const about = { id: stream.id, title: decodeName(call.inbox), updatedS: secondsOf(newest) };
  return {
    type: 'application/atom+xml; charset=utf-8',
    body: atomParts(about, itemObjects(deps, call, ids)),
  };
};

async function* itemObjects(
  deps: ReaderDeps,
  call: Call,
  ids: readonly string[],
  see?: (item: Item) => void,
) {
  const setting = { inbox: decodeName(call.inbox), pictures: deps.pictures, originOf: originsOf(call) };
  // Of the whole answer: a sync may have thousands of items.
  const startedAt = performance.now();
  for await (const items of deps.inboxes.items(call.inbox, ids)) {
    if (see) items.forEach(see);
    const waitMs = Math.max(0, FEED_WAIT_MS - (performance.now() - startedAt));
    const shown = await withKnown(deps.reading, items, { waitMs });
    yield shown.map((item) => greaderItem(item, setting));
  }
}

/** Each made once: an answer may have thousands of items of a few subscriptions. */
function originsOf(call: Call) {
  const known = new Map<string, { streamId: string; htmlUrl: string }>();
  return (subscription: string) => {
    let origin = known.get(subscription);
    if (!origin) {
      origin = { streamId: feedId(subscription), htmlUrl: pageOf(call, subscription) };
      known.set(subscription, origin);
    }
    return origin;
  };
}

async function* itemTexts(deps: ReaderDeps, call: Call, ids: readonly string[], see?: (item: Item) => void) {
  for await (const items of itemObjects(deps, call, ids, see))
    yield items.map((item) => JSON.stringify(item)).join(',');
}

/** `tail`: the members that are known at the end only. */
async function* parts(head: object, items: AsyncIterable<string>, tail: () => object) {
  let before = `${JSON.stringify(head).slice(0, -1)},"items":[`;
  for await (const some of items) {
    yield before + some;
    before = ',';
  }
  const rest = JSON.stringify(tail()).slice(1);
  yield `${before === ',' ? '' : before}]${rest === '}' ? '' : ','}${rest}`;
}
