/** Observes what arrives over a client's connections while a reply is incomplete. ioredis returns only whole replies. */
import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './connections.ts';

/** `take`: called with the size of each piece that arrives, from now on. */
export function watchIncoming(client: RedisClient, take: (bytes: number) => void): void {
  const watch = (node: Redis) => {
    const listen = () => node.stream.on('data', (piece: Buffer) => take(piece.length));
    if (node.status === 'connect' || node.status === 'ready') listen();
    node.on('connect', listen);
  };
  if (!(client instanceof Cluster)) return watch(client);
  client.nodes().forEach(watch);
  client.on('+node', watch);
}

/** Reconnects and drops what was in transit: after just disconnect() the rest of a reply would still be read. */
export function cutOff(client: RedisClient): void {
  const nodes = client instanceof Cluster ? client.nodes() : [client];
  client.disconnect(true);
  for (const node of nodes) node.stream?.destroy();
}
