/**
 * Consumers whose connection to this relay ended with entries unacknowledged, as far as the relay saw it end. It is only a short cut:
 * what nobody remembers is claimed once it has been pending long enough.
 *
 * A consumer is away → (it connects again in time) back, or → gone: others may have what it left.
 */

/** A pump whose connection was cut is back within this. */
const BACK_WITHIN_MS = 5_000;
/** More than that nobody has to remember. */
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
    /** `isFinal`: it said that it ends, or was silent so long that it will not be back soon. */
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
    /** Names of those who are gone for good from this group. */
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
