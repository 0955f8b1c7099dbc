/** Appends matches to their streams, and returns those that Redis did not confirm. */
import { hash } from 'node:crypto';
import type { RedisClient } from '../redis/connections.ts';
import { isOutage } from '../redis/errors.ts';
import type { WireMatch } from './matches.ts';

/** isOutage counts these as outages, but a producer that retries them silently helps nobody. */
const refusals = /^(NOAUTH|NOPERM|WRONGPASS)/;

/** The same subscription always goes to the same partition. */
export function partitionOf(subscriptionId: string, streams: readonly string[]): string {
  if (streams.length === 1) return streams[0]!;
  return streams[hash('sha256', subscriptionId, 'buffer').readUInt32BE() % streams.length]!;
}

/**
 * Resolves with the unconfirmed matches, in order: resending them may duplicate entries.
 * Throws if a retry is useless: wrong key type, no permission, closed client.
 */
export async function appendMatches(
  client: RedisClient,
  streams: readonly string[],
  matches: readonly WireMatch[],
): Promise<WireMatch[]> {
  const partitions = new Map<string, WireMatch[]>(streams.map((stream) => [stream, []]));
  for (const match of matches) partitions.get(partitionOf(match.subscriptionId, streams))!.push(match);
  // One pipeline a stream: on a Cluster they may be on different nodes.
  const unconfirmed = await Promise.all(
    [...partitions].map(([stream, part]) => appendToStream(client, stream, part)),
  );
  return unconfirmed.flat();
}

async function appendToStream(
  client: RedisClient,
  stream: string,
  matches: WireMatch[],
): Promise<WireMatch[]> {
  const pipeline = client.pipeline();
  for (const { json } of matches) pipeline.xadd(stream, '*', 'data', json);
  const replies = await pipeline.exec().catch((error: Error) => matches.map(() => [error] as const));
  return matches.filter((_, at) => {
    const error = replies === null ? new Error('no reply') : replies[at]?.[0];
    if (error && !willPass(error, client)) throw error;
    return error;
  });
}

function willPass(error: Error, client: RedisClient): boolean {
  return client.status !== 'end' && isOutage(error) && !refusals.test(error.message);
}
