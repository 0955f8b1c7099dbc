/**
 * One client's stream: reads from its cursor → sends → if the socket is full, waits for it to drain (at most `slowMs`, then
 * disconnects) → at the end, waits until the inbox grows. At most one frame is buffered beyond the socket: the rest stays in Redis.
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

/** Bytes buffered for all clients together. */
export interface Hold {
  pendingBytes: number;
  readonly mostBytes: number;
}

export interface LiveClient {
  inbox: string;
  res: Response;
  /** Aborted when the client disconnects or the stream must end. */
  signal: AbortSignal;
  watched: WatchedInbox;
  cursor: string;
  /** A reconnect: a `gap` event reports what was removed meanwhile. */
  resumes: boolean;
}

const AFTER_OUTAGE_MS = 500;

export async function runStream({ frames, hold, slowMs }: StreamDeps, client: LiveClient): Promise<void> {
  const { inbox, res, signal, watched } = client;
  let { cursor, resumes } = client;
  let sent = '';
  const sendCounts = ({ counts }: Batch): void => {
    const text = JSON.stringify(counts);
    if (text !== sent) res.write(event({ event: 'counts' }, text));
    sent = text;
  };
  while (!signal.aborted) {
    let batch: Batch;
    try {
      batch = await frames.after(inbox, cursor, watched, signal);
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
    // A client counts each item as unread, though it may be marked read elsewhere: after items, always send the counts.
    if (batch.frames.length > 0) sent = '';
    for (const frame of batch.frames) {
      // Over the shared buffer limit: drop this client, which will resume.
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
      sendCounts(batch);
      // Past `known`: entries that are no items, or already removed, must not cause a busy loop. Never past what was known as
      // the read started: another client may have started it, and an item delivered since is in nobody's batch.
      await watched.growsBeyond(laterId(cursor, batch.known), signal);
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
