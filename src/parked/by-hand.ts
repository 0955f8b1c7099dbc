/** What operators did with parked matches on our pages, for the audit, to which such a match would look lost. */
import { queues as definitions, type Entry } from '../../queues/index.ts';
import type { RedisClient } from '../redis/connections.ts';
import { byHandKey } from '../redis/keys.ts';

/** `edited`: the entry that is delivered in place of the stream's. */
export type ByHandRecord = { did: 'discarded' } | { did: 'edited'; entry: Entry };

export interface ByHand {
  /** Ids of parked jobs that were removed. `unlessKnown`: existing records stay. */
  discarded(jobIds: readonly string[], options?: { unlessKnown?: boolean }): Promise<void>;
  /** `data`: the job's new data. To be called before the job has it. */
  edited(jobId: string, data: unknown): Promise<void>;
}

/** The entry may stay in the stream for longer than the replay window, if a group still needs it. */
const KEPT_BEYOND_WINDOW_MS = 30 * 86_400_000;
const RECORDS_A_CALL = 1_000;

export function createByHand(client: RedisClient, windowMs: number): ByHand {
  const keptMs = windowMs + KEPT_BEYOND_WINDOW_MS;
  async function write(
    jobIds: readonly string[],
    record: ByHandRecord,
    { unlessKnown = false } = {},
  ): Promise<void> {
    for (let at = 0; at < jobIds.length; at += RECORDS_A_CALL) {
      const pipeline = client.pipeline();
      const text = JSON.stringify(record);
      for (const id of jobIds.slice(at, at + RECORDS_A_CALL)) {
        if (unlessKnown) pipeline.set(byHandKey(id), text, 'PX', keptMs, 'NX');
        else pipeline.set(byHandKey(id), text, 'PX', keptMs);
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
    }
  }
  return {
    discarded: (jobIds, options) => write(jobIds, { did: 'discarded' }, options),
    async edited(jobId, data) {
      const { success, data: match } = definitions.parked.schema.safeParse(data);
      if (success) await write([jobId], { did: 'edited', entry: match.entry });
    },
  };
}

/** In the order of the ids. */
export async function readByHand(
  client: RedisClient,
  jobIds: readonly string[],
): Promise<(ByHandRecord | undefined)[]> {
  const records: (string | null)[] = [];
  for (let at = 0; at < jobIds.length; at += RECORDS_A_CALL)
    records.push(...(await client.mget(jobIds.slice(at, at + RECORDS_A_CALL).map(byHandKey))));
  return records.map((record) => (record ? (JSON.parse(record) as ByHandRecord) : undefined));
}
