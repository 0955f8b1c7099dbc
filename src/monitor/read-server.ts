/** State of a Redis server, from INFO only: managed services reject CONFIG. */
import type { RedisClient } from '../redis/connections.ts';
import { fullness, type Memory, memoryOf } from '../redis/memory.ts';
import { mastersOf, parseInfo } from '../redis/server-check.ts';

/** Of a cluster: the fullest master. */
export interface ServerReading extends Memory {
  evictedKeys: number;
  /** The append-only file is on and its last write succeeded. */
  isDurable: boolean;
  mayEvict: boolean;
  replicas: number;
}

export async function readServer(client: RedisClient): Promise<ServerReading> {
  const nodes = await mastersOf(client);
  const readings = (await Promise.all(nodes.map((node) => node.info()))).map(readInfo);
  const [fullest] = readings.toSorted((a, b) => fullness(b) - fullness(a));
  return {
    ...fullest!,
    evictedKeys: readings.reduce((sum, reading) => sum + reading.evictedKeys, 0),
    isDurable: readings.every((reading) => reading.isDurable),
    mayEvict: readings.some((reading) => reading.mayEvict),
    replicas: Math.min(...readings.map((reading) => reading.replicas)),
  };
}

export function readInfo(text: string): ServerReading {
  const info = parseInfo(text);
  const number = (name: string): number => Number(info[name] ?? 0) || 0;
  return {
    ...memoryOf(info),
    evictedKeys: number('evicted_keys'),
    isDurable: info['aof_enabled'] === '1' && (info['aof_last_write_status'] ?? 'ok') === 'ok',
    mayEvict: (info['maxmemory_policy'] ?? 'noeviction') !== 'noeviction',
    replicas: number('connected_slaves'),
  };
}
