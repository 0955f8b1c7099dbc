/** Commands that follow each other closely, in one write: each write wakes Redis, which then takes the processor from whoever writes. */
import { Redis } from 'ioredis';
import type { RedisClient } from './connections.ts';

/** What is sent until the event loop goes on leaves together, in order. On a Cluster each command goes by itself. */
export function inOneWrite(client: RedisClient): void {
  if (!(client instanceof Redis) || client.status !== 'ready') return;
  const { stream } = client;
  stream.cork();
  process.nextTick(() => stream.uncork());
}
