/** Sees items the moment they can be read, as a reader would: from outside the product, waiting in XREAD. */
import type { Redis } from 'ioredis';
import { parseMatch } from '../queues/index.ts';
import { itemsKey, type Match } from './matches.ts';

export interface Observer {
  /** Appends the match; resolves with the ms from just before its XADD until its item could be read. */
  send(match: Match): Promise<number>;
  waiting(): number;
  stop(): void;
}

export async function observe(
  { reader, writer, stream }: { reader: Redis; writer: Redis; stream: string },
  inboxes: readonly string[],
): Promise<Observer> {
  const sent = new Map<string, { atMs: number; seen: (ms: number) => void }>();
  const keys = inboxes.map(itemsKey);
  const after = new Map(keys.map((key) => [key, '0-0']));
  const over = new AbortController();
  void watch().catch((error: Error) => {
    if (!over.signal.aborted) throw error;
  });
  return {
    send(match) {
      const parsed = parseMatch(match.json);
      if (!('match' in parsed)) throw new Error(parsed.malformed);
      const name = `${itemsKey(match.inbox)} ${parsed.match.identity}`;
      return new Promise((resolve, reject) => {
        sent.set(name, { atMs: performance.now(), seen: resolve });
        writer.xadd(stream, '*', 'data', match.json).catch(reject);
      });
    },
    waiting: () => sent.size,
    stop() {
      over.abort();
      reader.disconnect();
    },
  };

  async function watch(): Promise<void> {
    while (!over.signal.aborted) {
      const reply = await reader.xread('BLOCK', 1_000, 'STREAMS', ...keys, ...after.values());
      const atMs = performance.now();
      for (const [key, items] of reply ?? []) {
        after.set(key, items.at(-1)![0]);
        for (const [, fields] of items) {
          const name = `${key} ${fields[fields.indexOf('identity') + 1]}`;
          const one = sent.get(name);
          sent.delete(name);
          one?.seen(atMs - one.atMs);
        }
      }
    }
  }
}
