/**
 * Reads of unknown size over their own connection, one at a time: aborted when too much arrives, or nothing for too long. Slow
 * but steady is fine: a single entry may take minutes.
 */
import type { RedisClient } from '../redis/connections.ts';
import { cutOff, watchIncoming } from '../redis/incoming.ts';
import type { Read, ReadSize } from './read-size.ts';

/** Memory that one read may take: entries can be much larger than the ones before them. A single entry may be larger. */
const MOST_BYTES = 32_000_000;

/** A read was aborted. Its entries are read again, fewer at once. */
export class ReadGivenUp extends Error {
  override name = 'ReadGivenUp';
}

export interface BoundedReads {
  /** Rows, as `command` returns them for `asked` entries at most; aborted after `silentMs` of silence. */
  read<Row>(asked: number, silentMs: number, command: () => Promise<Row[]>): Promise<Row[]>;
  /** Aborts the read in progress, if any. */
  interrupt(): void;
}

export function createBoundedReads(reader: RedisClient, size: ReadSize): BoundedReads {
  let turn: Promise<unknown> = Promise.resolve();
  let current: { take(bytes: number): void; giveUp(why: string): void } | undefined;
  watchIncoming(reader, (bytes) => current?.take(bytes));

  async function readNow<Row>(asked: number, silentMs: number, command: () => Promise<Row[]>) {
    const seen = { bytes: 0, firstAt: 0, lastAt: 0 };
    let givenUp: ReadGivenUp | undefined;
    const giveUp = (why: string) => {
      if (givenUp) return;
      givenUp = new ReadGivenUp(`a read of up to ${asked} entries ${why}`);
      cutOff(reader);
    };
    const silence = setTimeout(() => giveUp(`got no answer for ${silentMs / 1_000} s`), silentMs);
    const take = (bytes: number) => {
      seen.lastAt = performance.now();
      if (!seen.bytes) seen.firstAt = seen.lastAt;
      seen.bytes += bytes;
      silence.refresh();
      if (asked > 1 && seen.bytes > MOST_BYTES) giveUp(`brought more than ${MOST_BYTES / 1e6} MB`);
    };
    current = { take, giveUp };
    try {
      const rows = await command();
      note({ asked, got: rows.length, bytes: seen.bytes, ms: seen.lastAt - seen.firstAt });
      return rows;
    } catch (error) {
      size.failed();
      throw givenUp ?? error;
    } finally {
      clearTimeout(silence);
      current = undefined;
    }
  }

  function note(read: Read): void {
    if (read.got && read.bytes) size.took(read);
  }

  return {
    read(asked, silentMs, command) {
      const mine = turn.then(() => readNow(asked, silentMs, command));
      turn = mine.catch(() => undefined);
      return mine;
    },
    interrupt: () => current?.giveUp('was interrupted'),
  };
}
