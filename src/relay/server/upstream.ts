/** A connected pump's consumer in the group: its Source, and what only the relay needs. */

import { closeClient, type RedisClient } from '../../redis/connections.ts';
import { loadScript, runScript } from '../../redis/scripts.ts';
import { createSource, type Source } from '../../stream/source.ts';
import type { Consumer } from './departed.ts';

const takeScript = loadScript(new URL('take.lua', import.meta.url));
const TAKE_COUNT = 500;

export interface Upstream {
  source: Source;
  consumer: Consumer;
  /** Moves another consumer's pending entries to this one; `lost`: ids that were trimmed meanwhile. */
  take(from: string): Promise<{ claimed: number; lost: string[] }>;
  /** Closes the blocking connection, within about a second. */
  end(): Promise<void>;
}
export type OpenUpstream = (consumer: Consumer) => Upstream;

export interface UpstreamClients {
  /** Shared by all pumps, for short commands. */
  commands: RedisClient;
  /** Opens a connection for blocking reads. */
  openReader: () => RedisClient;
}

export function openUpstream({ commands, openReader }: UpstreamClients, consumer: Consumer): Upstream {
  const { stream, group, name } = consumer;
  const reader = openReader();
  return {
    source: createSource({ reader, commands, stream, group, consumer: name }),
    consumer,
    async take(from) {
      let claimed = 0;
      const lost: string[] = [];
      for (;;) {
        const reply = await runScript(commands, takeScript, [stream], [group, from, name, TAKE_COUNT]);
        const [looked, taken, trimmed] = reply as [number, number, string[]];
        claimed += taken;
        lost.push(...trimmed);
        if (looked < TAKE_COUNT) return { claimed, lost };
      }
    },
    end: () => closeClient(reader),
  };
}
