/** Pages from both ends while a thousand items a second arrive: every item exactly once, whatever the sizes of the pages. */
import { nat, sample } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMatch } from '../../queues/index.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';

const PER_SECOND = 1_000;
const SECONDS = 2;

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis('--appendonly', 'no');
});
afterAll(() => redis.stop());

/** Resolves once all have arrived, at the rate or, on a slow machine, as fast as it goes. */
async function keepArriving(inbox: string, first: number): Promise<void> {
  const writer = createInboxWriter(redis.client(), { maxItems: 0, maxAgeMs: 0, seenWindowMs: 3_600_000 });
  const startedAt = performance.now();
  for (let sent = 0; sent < PER_SECOND * SECONDS; ) {
    const due = Math.min(((performance.now() - startedAt) / 1_000) * PER_SECOND, PER_SECOND * SECONDS);
    const deliveries = [];
    for (; sent < due; sent += 1) {
      const parsed = parseMatch(wire(makeMatch('cats', first + sent, { emptyRkey: true })));
      if (!('match' in parsed)) throw new Error(parsed.malformed);
      deliveries.push({ subscriber: inbox, match: parsed.match });
    }
    await writer.write(deliveries);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('paging from both ends while items arrive covers each item exactly once', async () => {
  const inbox = 'busy';
  const reader = createInboxReader(redis.client());
  const arrival = { isOn: false };
  const arrive = async (first: number) => {
    arrival.isOn = true;
    await keepArriving(inbox, first).finally(() => {
      arrival.isOn = false;
    });
  };
  /** From the oldest on, until nothing is left and nothing comes any more. */
  async function forwards(limit: number): Promise<string[]> {
    const ids: string[] = [];
    for (let after = '0-0'; ; ) {
      const wasArriving = arrival.isOn;
      const page = await reader.page(inbox, { limit, after });
      ids.push(...page.items.map((item) => item.id));
      after = ids.at(-1) ?? after;
      if (page.next === null && !wasArriving) return ids;
    }
  }
  /** From the newest back to the oldest, again and again. */
  async function backwards(limit: number): Promise<string[][]> {
    const walks: string[][] = [];
    do {
      const ids: string[] = [];
      for (let before: string | undefined; ; ) {
        const page = await reader.page(inbox, { limit, before });
        ids.push(...page.items.map((item) => item.id));
        if (page.next === null) break;
        before = page.next;
      }
      walks.push(ids.toReversed());
    } while (arrival.isOn);
    return walks;
  }
  const limits = sample(nat(99), { numRuns: 4, seed: 11 }).map((size) => size + 7);
  const [, ...found] = await Promise.all([arrive(0), ...limits.map(forwards)]);
  const whole = found[0]!;
  expect(new Set(whole).size).toBe(PER_SECOND * SECONDS);
  for (const ids of found) expect(ids).toEqual(whole);

  const [, ...walks] = await Promise.all([arrive(PER_SECOND * SECONDS), ...limits.map(backwards)]);
  const all = await forwards(1_000);
  expect(new Set(all).size).toBe(PER_SECOND * SECONDS * 2);
  for (const ids of walks.flat()) expect(ids).toEqual(all.slice(0, ids.length));
});
