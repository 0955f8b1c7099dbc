/** Feed readers: each feed is fetched once a second, one after the other, unless its last answer is still to come. */
import { setTimeout as pause } from 'node:timers/promises';

export interface FeedReaders {
  /** ms of each answer since they began, and how many were not answered with 200. */
  read(): { ms: number[]; refused: number };
  stop(): Promise<void>;
}

const FETCH_WITHIN_MS = 15_000;

export function readFeeds(urls: readonly string[]): FeedReaders {
  const ms: number[] = [];
  let refused = 0;
  const over = new AbortController();
  const open = new Map<string, Promise<void>>();

  async function fetchOne(url: string): Promise<void> {
    const startedAt = performance.now();
    const answer = await fetch(url, { signal: AbortSignal.timeout(FETCH_WITHIN_MS) }).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    if (answer?.status === 200) ms.push(performance.now() - startedAt);
    else refused += 1;
  }

  async function go(): Promise<void> {
    for (let next = performance.now(), at = 0; !over.signal.aborted; at += 1) {
      const url = urls[at % urls.length]!;
      if (!open.has(url))
        open.set(
          url,
          fetchOne(url).finally(() => open.delete(url)),
        );
      next += 1_000 / urls.length;
      await pause(Math.max(0, next - performance.now()));
    }
    await Promise.all(open.values());
  }
  const going = go();
  return {
    read: () => ({ ms, refused }),
    stop() {
      over.abort();
      return going;
    },
  };
}

/** Makes a feed token for each inbox. Returns the feeds' addresses. */
export async function feedsOf(web: string, inboxes: readonly string[]): Promise<string[]> {
  const made = inboxes.map(async (inbox) => {
    const url = `${web}/api/inboxes/${encodeURIComponent(inbox)}/feed-tokens`;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
    if (answer.status !== 201) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    return `${web}/feeds/${((await answer.json()) as { token: string }).token}.atom`;
  });
  return Promise.all(made);
}
