/** How long a page of a full inbox takes at the server: from the request to its JSON text, Redis included, the network not. */
import type { Redis } from 'ioredis';
import { parseMatch } from '../queues/index.ts';
import { createInboxReader, type InboxReader } from '../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../src/inbox/write/inbox-writer.ts';
import { encodeName } from '../src/redis/keys.ts';
import { madeUpPosts } from '../src/simulator/made-up-posts.ts';
import { createItemJson } from '../src/web/api/item-json.ts';
import { createPictures } from '../src/web/post/pictures.ts';

const ITEMS = 10_000;
const PAGE = 50;
const ROUNDS = 400;
const itemJson = createItemJson(createPictures(undefined));
export const INBOX = 'bench-inbox-page';

export interface InboxPageTimes {
  items: number;
  page: number;
  medianMs: number;
  p99Ms: number;
}

/** Fills an inbox of 10,000 items and reads pages of 50 at random places. */
export async function measureInboxPage(client: Redis): Promise<InboxPageTimes> {
  const ids = await fill(client);
  const reader = createInboxReader(client);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = round % 2 === 0 ? undefined : ids[(round * 7_919) % ids.length];
    const startedAt = performance.now();
    await pageJson(reader, before);
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  return {
    items: ITEMS,
    page: PAGE,
    medianMs: times[Math.floor(ROUNDS / 2)]!,
    p99Ms: times[Math.floor(ROUNDS * 0.99)]!,
  };
}

/** A page of 50, as the API answers it. */
export async function pageJson(reader: InboxReader, before: string | undefined): Promise<string> {
  const { items } = await reader.page(encodeName(INBOX)!, { limit: PAGE, before });
  if (items.length === 0) throw new Error('an empty page');
  return `[${items.map(itemJson).join(',')}]`;
}

/** Returns the ids, oldest first. */
async function fill(client: Redis): Promise<string[]> {
  const writer = createInboxWriter(client, { maxItems: ITEMS, maxAgeMs: 0, seenWindowMs: 3_600_000 });
  const posts = madeUpPosts(1);
  for (let done = 0; done < ITEMS; done += 200) {
    const deliveries = Array.from({ length: 200 }, () => {
      const post = posts.next().value;
      const parsed = parseMatch(JSON.stringify({ subscription_id: INBOX, match_score: 0.5, post }));
      if (!('match' in parsed)) throw new Error(parsed.malformed);
      return { subscriber: INBOX, match: parsed.match };
    });
    await writer.write(deliveries);
  }
  const reader = createInboxReader(client);
  const ids: string[] = [];
  for (let after: string | null = '0-0'; after !== null; ) {
    const page: Awaited<ReturnType<typeof reader.page>> = await reader.page(INBOX, { limit: 1_000, after });
    ids.push(...page.items.map(({ id }) => id));
    after = page.next;
  }
  return ids;
}
