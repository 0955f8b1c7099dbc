/** A search that finds nothing, through all of the inbox that measureInboxPage has filled, and what others wait for meanwhile. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { noReading } from '../src/bluesky/reading/reading.ts';
import { createInboxReader } from '../src/inbox/read/inbox-reader.ts';
import { encodeName } from '../src/redis/keys.ts';
import { createSearchTexts, holdingAll } from '../src/web/post/search-text.ts';
import { INBOX, pageJson } from './inbox-page.ts';
import { percentile } from './statistics.ts';

const SEARCHES = 10;
const PAGE_EVERY_MS = 20;

export interface SearchTimes {
  searches: number;
  medianMs: number;
  mostMs: number;
  /** Of a page of 50, asked for every 20 ms while it searches. */
  pageMs: { median: number; most: number };
  /** The longest time for which the process did nothing else. */
  blockedMs: number;
}

export async function measureSearch(client: Redis): Promise<SearchTimes> {
  const reader = createInboxReader(client);
  const inbox = encodeName(INBOX)!;
  const choose = holdingAll(['nowhere', 'to be found'], createSearchTexts(noReading));
  const search = async () => {
    const startedAt = performance.now();
    let before: string | undefined;
    do {
      const page = await reader.search(inbox, { limit: 50, before }, choose);
      if (page.items.length > 0) throw new Error('found something');
      before = page.next ?? undefined;
    } while (before !== undefined);
    return performance.now() - startedAt;
  };
  await search();
  const pages: number[] = [];
  const over = new AbortController();
  const others = (async () => {
    for (; !over.signal.aborted; await pause(PAGE_EVERY_MS)) {
      const startedAt = performance.now();
      await pageJson(reader, undefined);
      pages.push(performance.now() - startedAt);
    }
  })();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const times: number[] = [];
  for (let nth = 0; nth < SEARCHES; nth += 1) times.push(await search());
  loop.disable();
  over.abort();
  await others;
  return {
    searches: SEARCHES,
    medianMs: percentile(times, 0.5),
    mostMs: Math.max(...times),
    pageMs: { median: percentile(pages, 0.5), most: Math.max(...pages) },
    blockedMs: loop.max / 1e6,
  };
}
