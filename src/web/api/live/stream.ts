/**
 * One client's stream. Reading on from its cursor → sending → (full: waits until the client has taken it, at most `slowMs`, then
 * cut) → at the end: waits until the inbox grows. What waits for a client is one frame and what the socket holds: the rest stays
 * in Redis, where the cursor finds it again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Response } from 'express';
import { isBefore, laterId } from '../../../../queues/index.ts';
import type { WatchedInbox } from '../../../inbox/watch/inbox-watch.ts';
import { isOutage } from '../../../redis/errors.ts';
import type { Batch, Frames } from './frames.ts';
import { event } from './frames.ts';

export interface StreamDeps {
  frames: Frames;
  hold: Hold;
  slowMs: number;
}

/** Bytes that clients have not taken yet, of all of them. */
export interface Hold {
  pendingBytes: number;
  readonly mostBytes: number;
}

export interface LiveClient {
  inbox: string;
  res: Response;
  /** Aborted when the client has gone, or must go. */
  signal: AbortSignal;
  watched: WatchedInbox;
  cursor: string;
  /** Whether it comes back and is told what was removed meanwhile. */
  resumes: boolean;
}

const AFTER_OUTAGE_MS = 500;

export async function runStream({ frames, hold, slowMs }: StreamDeps, client: LiveClient): Promise<void> {
  const { inbox, res, signal, watched } = client;
  let { cursor, resumes } = client;
  let told = '';
  const tellCounts = ({ counts }: Batch): void => {
    const text = JSON.stringify(counts);
    if (text !== told) res.write(event({ event: 'counts' }, text));
    told = text;
  };
  while (!signal.aborted) {
    const known = watched.newest;
    let batch: Batch;
    try {
      batch = await frames.after(inbox, cursor);
    } catch (error) {
      if (!isOutage(error)) return;
      await pause(AFTER_OUTAGE_MS, undefined, { signal }).catch(() => undefined);
      continue;
    }
    if (signal.aborted) return;
    const { gap } = batch;
    if (resumes && gap && isBefore(cursor, gap.until))
      res.write(event({ event: 'gap' }, JSON.stringify(gap)));
    resumes = false;
    let isFull = false;
    // Who marks items elsewhere counts differently by now: after an item the counts are told, be they the same as before.
    if (batch.frames.length > 0) told = '';
    for (const frame of batch.frames) {
      // All clients together have too much in hand: this one lets go and comes back.
      const isOver = hold.pendingBytes > 0 && hold.pendingBytes + frame.byteLength > hold.mostBytes;
      if (isOver) return void res.destroy();
      cursor = frame.id;
      hold.pendingBytes += frame.byteLength;
      isFull = !res.write(frame.text, () => {
        hold.pendingBytes -= frame.byteLength;
      });
      if (isFull) break;
    }
    if (isFull || res.writableNeedDrain) {
      if (!(await drained(res, slowMs, signal))) return void res.destroy();
    } else if (batch.frames.length === 0) {
      tellCounts(batch);
      // An entry that is no item, or is gone already, does not come back at once.
      await watched.growsBeyond(laterId(cursor, known), signal);
    }
  }
}

function drained(res: Response, withinMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isDrained: boolean) => () => {
      clearTimeout(timer);
      res.off('drain', onDrain);
      signal.removeEventListener('abort', onGone);
      resolve(isDrained);
    };
    const onDrain = settle(true);
    const onGone = settle(false);
    const timer = setTimeout(onGone, withinMs);
    res.once('drain', onDrain);
    signal.addEventListener('abort', onGone);
  });
}
