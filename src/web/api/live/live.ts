/**
 * Owns the open event streams: their limits, heartbeat and shutdown. A stream ends when its client disconnects or is too slow,
 * or with stop(), after which none is opened.
 */
import type { Request, Response } from 'express';
import { FIRST_ID, isBefore } from '../../../../queues/index.ts';
import type { Reading } from '../../../bluesky/reading/reading.ts';
import type { Erasures } from '../../../inbox/erase/erased.ts';
import type { FeedTokens } from '../../../inbox/feed-tokens.ts';
import type { InboxReader } from '../../../inbox/read/inbox-reader.ts';
import type { InboxWatch } from '../../../inbox/watch/inbox-watch.ts';
import { keepHeapSmall } from '../../../observe/heap.ts';
import { nameHash } from '../../../redis/keys.ts';
import { Problem } from '../../http/problem.ts';
import type { ItemJson } from '../item-json.ts';
import { followErasures } from './follow-erasures.ts';
import { createFrames } from './frames.ts';
import { createRevocations } from './revocations.ts';
import { type Hold, runStream } from './stream.ts';
import { createUpdates } from './updates.ts';

export interface Live {
  /**
   * Resolves once the stream is open; before that it may throw a Problem or a Redis error. With the feed token that it depends on,
   * it ends at the first heartbeat after the token was revoked, in any process.
   */
  open(
    req: Request,
    res: Response,
    from: { inbox: string; after: string | undefined; feedToken: string | undefined; signal: AbortSignal },
  ): Promise<void>;
  /** Open streams, and bytes buffered for their clients. */
  load(): { streams: number; pendingBytes: number };
  /** Ends the streams of an inbox (encoded) of this process. */
  close(inbox: string): void;
  /** Ends every stream; idempotent. Clients resume by Last-Event-ID. */
  stop(): void;
}

export interface LiveDeps {
  inboxes: InboxReader;
  itemJson: ItemJson;
  watch: InboxWatch;
  erasures: Erasures;
  feedTokens: FeedTokens;
  reading: Reading;
}

export interface LiveLimits {
  perInbox: number;
  inAll: number;
  heartbeatMs: number;
  /** A client that reads nothing for this long is disconnected. */
  slowMs: number;
  pendingBytes: number;
}

/** With direct routing an inbox is a subscription, and may have many readers. */
const defaults: LiveLimits = {
  perInbox: 512,
  inAll: 4_000,
  heartbeatMs: 15_000,
  slowMs: 30_000,
  pendingBytes: 48_000_000,
};
interface Client {
  inbox: string;
  feedToken: string | undefined;
  controller: AbortController;
}

const RETRY_MS = 2_000;
const HEARTBEAT = Buffer.from(':\n\n');
/** For a client that has not read what it was sent last; what was just sent counts, too. */
const UPDATES_BYTES = 64_000;

export function createLive(
  { inboxes, itemJson, watch, erasures, feedTokens, reading }: LiveDeps,
  given: Partial<LiveLimits> = {},
): Live {
  const limits = { ...defaults, ...given };
  const updates = createUpdates({ reading, inboxes, itemJson, send: sendAll });
  const frames = createFrames({ inboxes, itemJson, reading, onRead: updates.show });
  const hold: Hold = { pendingBytes: 0, mostBytes: limits.pendingBytes };
  const clients = new Map<Response, Client>();
  const perInbox = new Map<string, number>();
  let isStopped = false;
  keepHeapSmall();
  const revocations = createRevocations(feedTokens);
  const heart = setInterval(() => {
    for (const res of clients.keys()) if (res.writableLength === 0) res.write(HEARTBEAT);
    void endRevoked();
  }, limits.heartbeatMs).unref();

  async function endRevoked(): Promise<void> {
    const revoked = await revocations.among(clients.values());
    closeAll((client) => revoked.has(client));
  }

  function refuseWhereFull(inbox: string): void {
    const wait = { 'Retry-After': String(Math.ceil(RETRY_MS / 1_000)) };
    if (isStopped || clients.size >= limits.inAll)
      throw new Problem(503, 'Too many streams are open, or the server is stopping', wait);
    if ((perInbox.get(inbox) ?? 0) >= limits.perInbox)
      throw new Problem(429, `This inbox has ${limits.perInbox} streams open`, wait);
  }

  /** A client that does not keep up gets none: it can reload the items. */
  function sendAll(inbox: string, text: string): void {
    for (const [res, client] of clients)
      if (client.inbox === inbox && res.writableLength < UPDATES_BYTES) res.write(text);
  }

  function end(res: Response, controller: AbortController): void {
    controller.abort();
    // end() would wait for the client to read what is buffered.
    if (res.writableLength > 0) res.destroy();
    else res.end();
  }

  function closeAll(isMeant: (client: Client) => boolean): void {
    for (const [res, client] of clients) if (isMeant(client)) end(res, client.controller);
  }

  const followed = followErasures(erasures, {
    isNeeded: () => clients.size > 0,
    onErased: (hashes) => closeAll(({ inbox }) => hashes.has(nameHash(inbox))),
  });

  function enter(res: Response, inbox: string, feedToken: string | undefined): AbortSignal {
    const controller = new AbortController();
    clients.set(res, { inbox, feedToken, controller });
    perInbox.set(inbox, (perInbox.get(inbox) ?? 0) + 1);
    res.once('close', () => {
      clients.delete(res);
      const left = perInbox.get(inbox)! - 1;
      if (left > 0) perInbox.set(inbox, left);
      else {
        perInbox.delete(inbox);
        updates.leave(inbox);
      }
      controller.abort();
    });
    return controller.signal;
  }

  return {
    async open(req, res, { inbox, after, feedToken, signal: untilOpen }) {
      refuseWhereFull(inbox);
      await followed.begin();
      const { newest } = await inboxes.summary(inbox, untilOpen);
      refuseWhereFull(inbox);
      if (res.destroyed || res.headersSent) return;
      const end = newest ?? FIRST_ID;
      // A cursor beyond the end would skip items still to be delivered: clamp it.
      const cursor = after !== undefined && isBefore(after, end) ? after : end;
      res.status(200).set({
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      });
      if (req.method === 'HEAD') return void res.end();
      const signal = enter(res, inbox, feedToken);
      // Jitter, so that clients do not all reconnect at once.
      res.write(`retry: ${RETRY_MS + Math.floor(Math.random() * RETRY_MS)}\n\n`);
      updates.open(inbox, signal).catch(() => undefined);
      const watched = watch.join(inbox, cursor);
      const client = { inbox, res, signal, watched, cursor, resumes: after !== undefined };
      runStream({ frames, hold, slowMs: limits.slowMs }, client)
        .catch(() => undefined)
        .finally(() => {
          watched.leave();
          res.end();
        });
    },
    close: (inbox) => closeAll((client) => client.inbox === inbox),
    load: () => ({ streams: clients.size, pendingBytes: hold.pendingBytes }),
    stop() {
      isStopped = true;
      clearInterval(heart);
      followed.stop();
      updates.stop();
      closeAll(() => true);
    },
  };
}
