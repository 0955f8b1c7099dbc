/** Items encoded as server-sent events. Clients at the same cursor of an inbox share one read and its bytes. */
import type { Reading } from '../../../bluesky/reading/reading.ts';
import type { InboxReader, Item, Page } from '../../../inbox/read/inbox-reader.ts';
import type { WatchedInbox } from '../../../inbox/watch/inbox-watch.ts';
import { withKnown } from '../../post/shown-item.ts';
import type { ItemJson } from '../item-json.ts';

export interface Frame {
  id: string;
  text: string;
  byteLength: number;
}

export interface Batch {
  frames: Frame[];
  counts: Pick<Page, 'total' | 'unread'>;
  gap: Page['gap'];
  /** What the watch knew when the read started: a later entry may be missing here. */
  known: string;
}

export interface Frames {
  /** The next items after the cursor, oldest first; none at the end. A read ends once the signals of all who wait for it are aborted. */
  after(
    inbox: string,
    cursor: string,
    watched: Pick<WatchedInbox, 'newest'>,
    signal: AbortSignal,
  ): Promise<Batch>;
}

interface SharedRead {
  batch: Promise<Batch>;
  over: AbortController;
  waiting: number;
}

export interface FramesDeps {
  inboxes: InboxReader;
  itemJson: ItemJson;
  reading: Reading;
  onRead(inbox: string, items: readonly Item[]): void;
}

/** Missing facts about a stream's items are requested together, and sent later as `update`. */
const GATHER_MS = 1_000;
const ITEMS = 12;
/** Bounds memory when many clients reconnect at once. */
const READS_AT_ONCE = 2;

export function createFrames({ inboxes, itemJson, reading, onRead }: FramesDeps): Frames {
  const reads = new Map<string, SharedRead>();
  const waiting: (() => void)[] = [];
  let running = 0;
  async function inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    if (running >= READS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await read();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }
  async function read(...[inbox, cursor, watched, signal]: Parameters<Frames['after']>): Promise<Batch> {
    const known = watched.newest;
    const query = { after: cursor, limit: ITEMS };
    const { items, total, unread, gap } = await inboxes.page(inbox, query, signal);
    onRead(inbox, items);
    const shown = await withKnown(reading, items, { waitMs: 0, gatherMs: GATHER_MS });
    const frames = shown.map((item) => {
      const text = event({ id: item.id }, itemJson(item));
      return { id: item.id, text, byteLength: Buffer.byteLength(text) };
    });
    return { frames, counts: { total, unread }, gap, known };
  }
  return {
    after(inbox, cursor, watched, signal) {
      const key = `${inbox} ${cursor}`;
      let one = reads.get(key);
      if (!one) {
        const over = new AbortController();
        const batch = inTurn(() => read(inbox, cursor, watched, over.signal));
        one = { batch, over, waiting: 0 };
        reads.set(key, one);
      }
      return waitFor(one, signal, () => {
        if (reads.get(key) === one) reads.delete(key);
      });
    },
  };
}

async function waitFor(one: SharedRead, signal: AbortSignal, forget: () => void): Promise<Batch> {
  const leave = () => {
    one.waiting -= 1;
    if (one.waiting > 0) return;
    forget();
    one.over.abort(signal.reason);
  };
  one.waiting += 1;
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await one.batch;
  } finally {
    signal.removeEventListener('abort', leave);
    forget();
  }
}

export function event(fields: { id?: string; event?: string; retry?: number }, data: string): string {
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  // A raw record may have line breaks between its members, which would end the event's data.
  return `${head.join('')}data: ${data.replace(/[\r\n]/g, ' ')}\n\n`;
}
