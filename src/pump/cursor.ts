/**
 * Where the group stands, kept beside the queues: every entry up to it is in the queue or beyond. A group that was destroyed is
 * made again there; without a cursor (or with a stream that was made anew since) at the beginning.
 */
import type { RedisClient } from '../redis/connections.ts';
import { cursorKey } from '../redis/keys.ts';
import type { Source } from './source.ts';

export interface Cursor {
  read(): Promise<string>;
  save(): Promise<void>;
}

export interface CursorOptions {
  /** Redis of the queues. */
  home: RedisClient;
  source: Pick<Source, 'stream' | 'position'>;
  group: string;
}

export function createCursor({ home, source, group }: CursorOptions): Cursor {
  const key = cursorKey(source.stream, group);
  return {
    async read() {
      const saved = await home.get(key);
      if (!saved) return '0';
      const { newest } = await source.position();
      return newest && isBefore(newest, saved) ? '0' : saved;
    },
    async save() {
      const position = await safePosition();
      if (position) await home.set(key, position);
    },
  };

  /** Just before the oldest pending entry; with nothing pending, the last one that was handed out. */
  async function safePosition(): Promise<string | undefined> {
    const { delivered, oldestPending } = await source.position();
    if (!delivered) return undefined;
    return oldestPending && !isBefore(delivered, oldestPending) ? before(oldestPending) : delivered;
  }
}

function isBefore(a: string, b: string): boolean {
  const [aMs, aSeq] = a.split('-').map(BigInt) as [bigint, bigint];
  const [bMs, bSeq] = b.split('-').map(BigInt) as [bigint, bigint];
  return aMs < bMs || (aMs === bMs && aSeq < bSeq);
}

function before(id: string): string {
  const [ms, seq] = id.split('-').map(BigInt) as [bigint, bigint];
  if (seq > 0n) return `${ms}-${seq - 1n}`;
  return ms > 0n ? `${ms - 1n}-${2n ** 64n - 1n}` : '0-0';
}
