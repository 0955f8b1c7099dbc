/**
 * Consumers that disconnected from this relay and may have left entries pending. An optimization only: without it those entries are
 * claimed once they have been idle long enough.
 *
 * A consumer is away → (it reconnects in time) back, or → gone: others may claim what it left.
 */

/** A disconnected pump has this long to reconnect. */
const BACK_WITHIN_MS = 5_000;
const MAX_REMEMBERED = 1_000;

export interface Consumer {
  stream: string;
  group: string;
  name: string;
}

export function createDeparted(now: () => number = () => performance.now()) {
  const goneAt = new Map<string, { consumer: Consumer; at: number }>();
  const keyOf = ({ stream, group, name }: Consumer) => JSON.stringify([stream, group, name]);
  return {
    /** `isFinal`: it will not reconnect soon (clean close, timed out, revoked). */
    left(consumer: Consumer, isFinal: boolean) {
      const key = keyOf(consumer);
      goneAt.delete(key);
      goneAt.set(key, { consumer, at: now() + (isFinal ? 0 : BACK_WITHIN_MS) });
      if (goneAt.size > MAX_REMEMBERED) goneAt.delete(goneAt.keys().next().value!);
    },
    /** Whether it had left. */
    isBack(consumer: Consumer): boolean {
      return goneAt.delete(keyOf(consumer));
    },
    /** Names of those that are gone from this group. */
    gone(stream: string, group: string): string[] {
      return [...goneAt.values()]
        .filter(({ consumer, at }) => consumer.stream === stream && consumer.group === group && at <= now())
        .map(({ consumer }) => consumer.name);
    },
    forget(consumer: Consumer) {
      goneAt.delete(keyOf(consumer));
    },
  };
}
export type Departed = ReturnType<typeof createDeparted>;
