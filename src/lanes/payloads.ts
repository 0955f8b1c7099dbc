/**
 * The entries of large batches, beside their jobs: BullMQ would copy them from list to script to reply, again and again. A payload is
 * put down before its job is added, and taken away after its job is completed; until then nothing but a person's hand removes it.
 */
import type { RedisClient } from '../redis/connections.ts';
import { booksKeys, payloadsKey, queuePrefix } from '../redis/keys.ts';
import { loadScript, runScript } from '../redis/scripts.ts';

const missingScript = loadScript(new URL('missing-payloads.lua', import.meta.url));
const sweepScript = loadScript(new URL('sweep-payloads.lua', import.meta.url));

/** Bytes by the id of their job. */
export type Payload = [jobId: string, bytes: Uint8Array];

export interface Payloads {
  put(payloads: readonly Payload[]): Promise<void>;
  /** undefined: it is gone. */
  get(jobId: string): Promise<Buffer | undefined>;
  remove(jobId: string): Promise<void>;
  /** Those of the jobs that are neither done nor have what they need to be. */
  missing(jobIds: readonly string[]): Promise<Set<string>>;
  /** Removes what the dead left behind: no job needs it, and the books expect none. How many there were. */
  sweep(): Promise<number>;
}

/** Of the queue of one partition of the stream. */
export function createPayloads(client: RedisClient, queue: string): Payloads {
  const key = payloadsKey(queue);
  const jobs = `${queuePrefix(queue)}:${queue}:`;
  const completed = `${jobs}completed`;
  return {
    async put(payloads) {
      if (payloads.length) await client.hset(key, ...(payloads.flat() as (string | Buffer)[]));
    },
    async get(jobId) {
      return (await client.hgetBuffer(key, jobId)) ?? undefined;
    },
    async remove(jobId) {
      await client.hdel(key, jobId);
    },
    async missing(jobIds) {
      if (!jobIds.length) return new Set();
      return new Set((await runScript(client, missingScript, [key, completed], [...jobIds])) as string[]);
    },
    async sweep() {
      const keys = [key, booksKeys(queue).open, completed];
      return (await runScript(client, sweepScript, keys, [jobs])) as number;
    },
  };
}
