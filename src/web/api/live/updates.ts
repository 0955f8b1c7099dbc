/**
 * Sends what became known later about items on open streams, as `update`. Remembers what the newest items of each streamed inbox need,
 * receives changes, and requests what is due again, because these items are being read.
 */
import { type Needs, namesOf, needsOf } from '../../../bluesky/reading/needs.ts';
import type { Reading } from '../../../bluesky/reading/reading.ts';
import type { InboxReader, Item } from '../../../inbox/read/inbox-reader.ts';
import { withKnown } from '../../post/shown-item.ts';
import type { ItemJson } from '../item-json.ts';
import { event } from './frames.ts';

export interface Updates {
  /** A stream of this inbox opens: starts with its newest items, which somebody may see. */
  open(inbox: string, signal: AbortSignal): Promise<void>;
  show(inbox: string, items: readonly Item[]): void;
  /** Its last stream has ended. */
  leave(inbox: string): void;
  stop(): void;
}

export interface UpdatesDeps {
  reading: Reading;
  inboxes: InboxReader;
  itemJson: ItemJson;
  /** Sends to all streams of the inbox that keep up. */
  send(inbox: string, text: string): void;
}

/** Limits: of an inbox; of all together. */
const MOST = 100;
const MOST_IN_ALL = 5_000;
const SEEDED = 60;
const RENEW_EVERY_MS = 20_000;

export function createUpdates({ reading, inboxes, itemJson, send }: UpdatesDeps): Updates {
  const shown = new Map<string, Map<string, Needs>>();
  let inAll = 0;
  let unfollow: (() => void) | undefined;
  const timer = setInterval(() => void renew(), RENEW_EVERY_MS).unref();

  function keep(inbox: string, items: readonly Item[]): void {
    const needs = shown.get(inbox);
    if (!needs) return;
    for (const item of items) {
      const one = inAll < MOST_IN_ALL || needs.has(item.id) ? needsOf(item) : undefined;
      if (!one) continue;
      if (!needs.has(item.id)) inAll += 1;
      needs.set(item.id, one);
    }
    for (const id of needs.keys()) {
      if (needs.size <= MOST) break;
      needs.delete(id);
      inAll -= 1;
    }
  }

  async function renew(): Promise<void> {
    for (const needs of shown.values()) await reading.renew([...needs.values()]);
  }

  function onChanged(names: ReadonlySet<string>): void {
    for (const [inbox, needs] of shown) {
      const ids = [...needs.values()]
        .filter((one) => namesOf(one).some((name) => names.has(name)))
        .map(({ id }) => id);
      // A failed read is an outage; the next load shows what it was for.
      if (ids.length) sendAgain(inbox, ids).catch(() => undefined);
    }
  }

  async function sendAgain(inbox: string, ids: readonly string[]): Promise<void> {
    for await (const items of inboxes.items(inbox, ids)) {
      if (!shown.has(inbox)) return;
      for (const item of await withKnown(reading, items, { waitMs: 0 }))
        send(inbox, event({ event: 'update' }, itemJson(item)));
    }
  }

  return {
    async open(inbox, signal) {
      if (!reading.isOn) return;
      unfollow ??= reading.follow(onChanged);
      if (!shown.has(inbox)) shown.set(inbox, new Map());
      const { items } = await inboxes.page(inbox, { limit: SEEDED }, signal);
      keep(inbox, items.toReversed());
      // Nobody received what became known between the load of a page and now.
      for (const item of await withKnown(reading, items, { waitMs: 0 }))
        if (item.known?.isNew) send(inbox, event({ event: 'update' }, itemJson(item)));
    },
    show: keep,
    leave(inbox) {
      inAll -= shown.get(inbox)?.size ?? 0;
      shown.delete(inbox);
      if (shown.size > 0) return;
      unfollow?.();
      unfollow = undefined;
    },
    stop() {
      clearInterval(timer);
      unfollow?.();
      shown.clear();
    },
  };
}
