/**
 * Sends a test match through the whole pipeline every few seconds, as an end-to-end check.
 * Only one of the pumps sends each. Waiting → sending → waiting … → stopped, or given up if Redis denies XADD.
 */
import { canaryMatch } from '../../queues/index.ts';
import type { Events } from '../observe/events.ts';
import type { RedisClient } from '../redis/connections.ts';
import { canaryTurnKey } from '../redis/keys.ts';

export interface Canary {
  /** Idempotent. */
  stop(): void;
  /** Redis denies XADD: there will be no canary. */
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
    // The first pump of each interval wins; the lock is a little shorter, so that no interval is skipped.
    const isOurs = await home.set(canaryTurnKey, '1', 'PX', Math.ceil(everyMs * 0.8), 'NX');
    if (!isOurs) return;
    for (const stream of streams) {
      await append(stream, canaryMatch(stream, Date.now()));
      events.canarySent();
    }
  }

  function report(error: Error): void {
    if (!error.message.startsWith('NOPERM')) return events.trouble('canary', error);
    isGivenUp = true;
    clearInterval(timer);
    events.canaryGivenUp();
  }

  return { stop: () => clearInterval(timer), isGivenUp: () => isGivenUp };
}
