/** Items encoded as server-sent events. Clients at the same cursor of an inbox share one read and its bytes. */
import type { InboxReader, Page } from '../../../inbox/read/inbox-reader.ts';
import type { WatchedInbox } from '../../../inbox/watch/inbox-watch.ts';
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
  /** What the watch knew as the read began: an entry after it may be missing here. */
  known: string;
}

export interface Frames {
  /** The next items after the cursor, oldest first; none at the end. */
  after(inbox: string, cursor: string, watched: Pick<WatchedInbox, 'newest'>): Promise<Batch>;
}

const ITEMS = 12;
/** Bounds memory when many clients reconnect at once. */
const READS_AT_ONCE = 2;

export function createFrames(inboxes: InboxReader, itemJson: ItemJson): Frames {
  const reading = new Map<string, Promise<Batch>>();
  const waiting: (() => void)[] = [];
  let reads = 0;
  async function inTurn<Result>(read: () => Promise<Result>): Promise<Result> {
    if (reads >= READS_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else reads += 1;
    try {
      return await read();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else reads -= 1;
    }
  }
  async function read(...[inbox, cursor, watched]: Parameters<Frames['after']>): Promise<Batch> {
    const known = watched.newest;
    const { items, total, unread, gap } = await inboxes.page(inbox, { after: cursor, limit: ITEMS });
    const frames = items.map((item) => {
      const text = event({ id: item.id }, itemJson(item));
      return { id: item.id, text, byteLength: Buffer.byteLength(text) };
    });
    return { frames, counts: { total, unread }, gap, known };
  }
  return {
    after(inbox, cursor, watched) {
      const key = `${inbox} ${cursor}`;
      let found = reading.get(key);
      if (!found) {
        found = inTurn(() => read(inbox, cursor, watched)).finally(() => reading.delete(key));
        reading.set(key, found);
      }
      return found;
    },
  };
}

export function event(fields: { id?: string; event?: string; retry?: number }, data: string): string {
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  // A raw record may have line breaks between its members, which would end the event's data.
  return `${head.join('')}data: ${data.replace(/[\r\n]/g, ' ')}\n\n`;
}
