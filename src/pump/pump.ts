/**
 * Moves entries from one stream into the queue `matches`: read, add, then XACK. It never parses a match.
 *
 * States: starting → following (new entries) ⇄ recovering (pending ones: of crashed consumers, and our own after a lost reply)
 * → stopped. Invariant: an entry is acked only after BullMQ returned its job with the requested id; otherwise it stays pending, and
 * pending entries are read again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, backoffMs, type RawEntry } from '../../queues/index.ts';
import { crashPoint, isArmed } from '../observe/crash-points.ts';
import type { Events } from '../observe/events.ts';
import type { Source } from '../stream/source.ts';
import type { Adder } from './adder.ts';
import type { Backpressure, Pause } from './backpressure.ts';
import { toBatches } from './batches.ts';
import type { Cursor } from './cursor.ts';
import { letGrow } from './growth.ts';
import type { Losses } from './losses.ts';

/** Longer than adding a batch takes. A crashed pump's entries are claimed within this plus `recoverEveryMs`. */
const CLAIM_AFTER_MS = 15_000;
export const RECOVER_EVERY_MS = 5_000;
const FORGET_CONSUMER_AFTER_MS = 300_000;
const BLOCK_MS = 2_000;
const FULL_PAUSE_MS = 20;
const retryBackoff: Backoff = { baseMs: 100, maxMs: 2_000 };

export interface Pump {
  /** Idempotent; takes a few hundred ms, even while Redis is unavailable. */
  stop(): Promise<void>;
}

export interface PumpOptions {
  source: Source;
  adder: Adder;
  backpressure: Backpressure;
  cursor: Cursor;
  housekeep: () => Promise<void>;
  beforeRead: () => Promise<void>;
  losses: Losses;
  events: Events;
  batchSize: number;
  /** Aborts a blocking read. */
  interruptRead: () => void;
  /** Interval at which pending entries are recovered, the cursor is saved and `housekeep` is called. */
  recoverEveryMs: number;
}

export function startPump({
  source,
  adder,
  backpressure,
  cursor,
  housekeep,
  beforeRead,
  losses,
  events,
  batchSize,
  interruptRead,
  recoverEveryMs,
}: PumpOptions): Pump {
  const stopping = new AbortController();
  const { signal } = stopping;
  let recoverAt = 0;
  let pausedBy: Pause['by'] | undefined;
  /** Jobs being added. */
  let adding = 0;
  let ahead: Promise<RawEntry[]> | undefined;
  /** The last read took all there was. */
  let hasCaughtUp = false;
  const stopped = run();

  async function run(): Promise<void> {
    let failures = 0;
    let hasGroup = false;
    while (!signal.aborted) {
      try {
        if (!hasGroup) await source.ensureGroup(await cursor.start());
        hasGroup = true;
        if (performance.now() >= recoverAt) {
          // Flush the read-ahead first: it is already pending, so recover() would read it again.
          await forward(await readAhead());
          await recover();
        }
        ahead ??= readWithRoom();
        const entries = await readAhead();
        failures = 0;
        if (!entries.length) continue;
        await forward(entries, () => {
          ahead = readWithRoom();
          // Rejections surface where it is awaited; this only prevents an unhandled one.
          ahead.catch(() => undefined);
        });
      } catch (error) {
        ahead = undefined;
        if (signal.aborted) break;
        failures += 1;
        hasGroup = false;
        recoverAt = 0;
        events.trouble('pump', error as Error);
        await pause(backoffMs(failures, retryBackoff), undefined, { signal }).catch(() => undefined);
      }
    }
    // An aborted read may have left entries pending: add them now instead of leaving them for another pump to claim.
    await forwardPending(() => false)
      .then(() => source.leave())
      .catch(() => undefined);
  }

  /** Entries read while the previous batch was being added. */
  async function readAhead(): Promise<RawEntry[]> {
    const entries = (await ahead) ?? [];
    ahead = undefined;
    return entries;
  }

  async function readWithRoom(): Promise<RawEntry[]> {
    await waitForRoom();
    if (hasCaughtUp) await letGrow(backpressure.inHand, waitForRoom);
    await beforeRead();
    if (signal.aborted) return [];
    const most = adder.most();
    const entries = await source.readNew(most, BLOCK_MS);
    hasCaughtUp = entries.length < most;
    return entries;
  }

  /** Add, then ack; what could not be added stays pending. `meanwhile` runs while Redis is adding. */
  async function forward(entries: readonly RawEntry[], meanwhile?: () => void): Promise<void> {
    if (!entries.length) return;
    const batches = toBatches(source.stream, entries, batchSize);
    if (isArmed('pump.mid-add')) await adder.add(batches.slice(0, Math.ceil(batches.length / 2)));
    crashPoint('pump.mid-add');
    adding = batches.length;
    const adds = adder.add(batches);
    // After `adding` is set, so that the read-ahead counts these jobs for MAX_WAITING_JOBS.
    meanwhile?.();
    const added = await adds.finally(() => {
      adding = 0;
    });
    const ids = batches.flatMap((batch, at) => (added[at] ? batch.entries.map((entry) => entry.id) : []));
    crashPoint('pump.after-add');
    await source.ack(ids);
    events.entriesRead(ids.length);
    if (ids.length < entries.length)
      throw new Error(`Redis rejected ${entries.length - ids.length} entries when adding jobs`);
  }

  async function recover(): Promise<void> {
    const { claimed, lost } = await source.claim(CLAIM_AFTER_MS);
    if (claimed) events.entriesReclaimed(claimed, source.stream);
    await losses.note(lost, source.stream);
    await forwardPending(() => signal.aborted);
    for (const consumer of await source.idleConsumers(FORGET_CONSUMER_AFTER_MS)) await source.leave(consumer);
    await cursor.save(signal);
    await housekeep();
    recoverAt = performance.now() + recoverEveryMs;
  }

  async function forwardPending(isOver: () => boolean): Promise<void> {
    for (let after = '0'; !isOver(); ) {
      await waitForRoom();
      const pending = await source.readPending(after, adder.most());
      await losses.note(pending.lost, source.stream);
      await source.ack(pending.lost);
      if (pending.entries.length) await forward(pending.entries);
      if (pending.last === undefined) return;
      after = pending.last;
    }
  }

  async function waitForRoom(): Promise<void> {
    for (;;) {
      const why = signal.aborted ? undefined : await backpressure.why(adding);
      // A pause that continues for another reason is logged again, because its remedy differs.
      if (why?.by !== pausedBy) {
        pausedBy = why?.by;
        events.paused(why !== undefined, why?.what ?? '');
      }
      if (!why) return;
      await pause(FULL_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  return {
    async stop() {
      stopping.abort();
      interruptRead();
      await stopped;
    },
  };
}
