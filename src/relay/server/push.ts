/**
 * Sends a pump the entries that nobody in the group has read: as many as it gave credit for, and no faster than the connection and its
 * token take them. One read is in memory at the most.
 *
 * Reads and answers that bring pending entries take turns, so that a pump never gets an entry twice over one connection: when the
 * answer to `pending` or `halt` comes, all that was read before is in the pump's hands.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, backoffMs, type TokenBucket } from '../../../queues/index.ts';
import type { Source } from '../../stream/source.ts';
import { sizeOf, toFrames } from '../entry-frames.ts';
import { MAX_ENTRIES } from '../protocol.ts';
import type { Connection } from './connection.ts';
import { createCredit } from './credit.ts';

/** Short: an answer that takes its turn waits for it on a quiet stream. */
const BLOCK_MS = 250;
const retryBackoff: Backoff = { baseMs: 100, maxMs: 2_000 };

export interface Push {
  credit: ReturnType<typeof createCredit>;
  /** Runs between two reads. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when the connection has ended and nothing is read for it any more. */
  ended: Promise<void>;
}

export interface PushOptions {
  source: Source;
  connection: Connection;
  allowance: TokenBucket;
  onSent: (entries: number) => void;
  /** A read failed. It is tried again. */
  onTrouble: (error: Error) => void;
}

export function startPush({ source, connection, allowance, onSent, onTrouble }: PushOptions): Push {
  const { signal } = connection;
  const credit = createCredit(MAX_ENTRIES);
  let turn: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function readAndSend(): Promise<void> {
    const count = Math.min(credit.count(), allowance.left());
    if (!count || signal.aborted) return;
    const entries = await source.readNew(count, BLOCK_MS);
    if (!entries.length) return;
    credit.spend(
      entries.length,
      entries.reduce((sum, entry) => sum + sizeOf(entry), 0),
    );
    allowance.spend(entries.length);
    await connection.send(toFrames(0, entries));
    onSent(entries.length);
  }

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      if (!credit.count()) await credit.more(signal);
      await pause(allowance.waitMs(), undefined, { signal }).catch(() => undefined);
      try {
        await inTurn(readAndSend);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        failures += 1;
        onTrouble(error as Error);
        await pause(backoffMs(failures, retryBackoff), undefined, { signal }).catch(() => undefined);
      }
    }
    await turn;
  }
  return { credit, inTurn, ended: run() };
}
