/**
 * Payloads of large batches, outside their jobs, because BullMQ copies job data between scripts and replies many times. Written
 * before the job is added and deleted after it completes; otherwise only an operator removes it.
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
  /** undefined: it is missing. */
  get(jobId: string): Promise<Buffer | undefined>;
  remove(jobId: string): Promise<void>;
  /** Unfinished jobs without their payload. */
  missing(jobIds: readonly string[]): Promise<Set<string>>;
  /** Removes payloads that crashed processes left behind, with no job that needs them; returns how many. */
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
      return new Set(
        (await runScript(client, missingScript, [key, completed], [jobs, ...jobIds])) as string[],
      );
    },
    async sweep() {
      const keys = [key, booksKeys(queue).open, completed];
      return (await runScript(client, sweepScript, keys, [jobs])) as number;
    },
  };
}
