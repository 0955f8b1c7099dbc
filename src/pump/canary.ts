/**
 * Sends a match of our own through the whole pipeline every few seconds: that it arrives is the one proof that everything works.
 * One pump of all sends it. Waiting → sending → waiting … → stopped, or given up where Redis does not let us append.
 */
import { canaryMatch } from '../../queues/index.ts';
import type { Events } from '../observe/events.ts';
import type { RedisClient } from '../redis/connections.ts';
import { canaryTurnKey } from '../redis/keys.ts';

export interface Canary {
  /** Idempotent. */
  stop(): void;
  /** We may not append: nothing of ours can come through. */
  isGivenUp(): boolean;
}

export interface CanaryOptions {
  /** Redis of the queues. */
  home: RedisClient;
  streams: readonly string[];
  append(stream: string, data: string): Promise<unknown>;
  /** 0: no canary. */
  everyMs: number;
  events: Events;
}

export function startCanary({ home, streams, append, everyMs, events }: CanaryOptions): Canary {
  const timer = everyMs > 0 ? setInterval(() => void send().catch(report), everyMs) : undefined;
  timer?.unref();
  let isGivenUp = false;

  async function send(): Promise<void> {
    // Whoever comes first in each round; a little shorter than the round, so that no round is left out.
    const isOurs = await home.set(canaryTurnKey, '1', 'PX', Math.ceil(everyMs * 0.8), 'NX');
    if (!isOurs) return;
    for (const stream of streams) await append(stream, canaryMatch(stream, Date.now()));
  }

  function report(error: Error): void {
    if (!error.message.startsWith('NOPERM')) return events.trouble('canary', error);
    isGivenUp = true;
    clearInterval(timer);
    events.canaryGivenUp();
  }

  return { stop: () => clearInterval(timer), isGivenUp: () => isGivenUp };
}
