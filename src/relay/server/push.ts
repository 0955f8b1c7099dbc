/**
 * Pushes new entries to a pump within its credit, its token's rate and the connection's backpressure. Holds at most one read in memory.
 *
 * Reads take turns with answers that carry pending entries, so that a pump never gets an entry twice over one connection: before
 * `pending` or `halt` is answered, everything read so far has been sent.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, backoffMs, sizeOf, type TokenBucket } from '../../../queues/index.ts';
import type { Source } from '../../stream/source.ts';
import { toFrames } from '../entry-frames.ts';
import { MAX_ENTRIES } from '../protocol.ts';
import type { Connection } from './connection.ts';
import { createCredit } from './credit.ts';

/** Short: on a quiet stream answers wait for it. */
const BLOCK_MS = 250;
const retryBackoff: Backoff = { baseMs: 100, maxMs: 2_000 };

export interface Push {
  credit: ReturnType<typeof createCredit>;
  /** Runs between two reads. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when the connection and its last read have ended. */
  ended: Promise<void>;
}

export interface PushOptions {
  source: Source;
  connection: Connection;
  allowance: TokenBucket;
  onSent: (entries: number) => void;
  /** A read failed; it will be retried. */
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
