/**
 * Notifies waiters that an inbox has grown. One blocking connection per process, however many waiters.
 *
 * Per watched inbox it keeps `newest`: waiters have been notified of everything up to it. The loop reads all inboxes at once for
 * entries after their `newest`, notifies and repeats; stop() releases all waiters. An entry not yet notified is after `newest`,
 * so the next read finds it: none is missed between a client's read and its wait.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isBefore, laterId } from '../../../queues/index.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { createLook } from './look.ts';

export interface WatchedInbox {
  /** Waiters have been notified of everything up to this id. */
  readonly newest: string;
  /** Resolves once there is, or may be, an entry after `id`, and when `signal` is aborted. */
  growsBeyond(id: string, signal: AbortSignal): Promise<void>;
  leave(): void;
}

export interface InboxWatch {
  /** `newest`: the caller has read everything up to this id. */
  join(inbox: string, newest: string): WatchedInbox;
  /** Idempotent. Leaves the connections open. */
  stop(): Promise<void>;
}

export interface WatchDeps {
  /** Not shared: it blocks. */
  reader: RedisClient;
  commands: RedisClient;
  onTrouble: (error: Error) => void;
}

interface Watched {
  key: string;
  newest: string;
  users: number;
  waiting: Set<{ beyond: string; notify: () => void }>;
}

/** Notifies once of items that arrive together. */
const GATHER_MS = 5;
const AFTER_ERROR_MS = 250;

/** Sends no command before the first join. */
export function createInboxWatch({ reader, commands, onTrouble }: WatchDeps): InboxWatch {
  const inboxes = new Map<string, Watched>();
  const look = createLook(reader, commands);
  let isStopped = false;
  let isRunning = false;
  let running = Promise.resolve();

  function advance(watched: Watched, newest: string): void {
    watched.newest = laterId(watched.newest, newest);
    for (const one of watched.waiting) if (isBefore(one.beyond, watched.newest)) one.notify();
  }

  async function run(): Promise<void> {
    isRunning = true;
    const isNeeded = () => !isStopped && inboxes.size > 0;
    while (isNeeded()) {
      try {
        const grown = await look.next(
          () => new Map([...inboxes.values()].map(({ key, newest }) => [key, newest])),
        );
        const byKey = new Map([...inboxes.values()].map((watched) => [watched.key, watched]));
        for (const [key, id] of grown) {
          const watched = byKey.get(key);
          if (watched) advance(watched, id);
        }
        if (grown.length > 0) await pause(GATHER_MS);
      } catch (error) {
        if (isStopped) break;
        if ((error as Error).message.startsWith('WRONGTYPE')) await dropWrongTypes();
        else onTrouble(error as Error);
        await pause(AFTER_ERROR_MS);
      }
    }
    isRunning = false;
  }

  /** One key of the wrong type fails the read of all: drop it, and let its waiters get the error themselves. */
  async function dropWrongTypes(): Promise<void> {
    for (const [inbox, watched] of inboxes) {
      const type = await commands.type(watched.key).catch(() => 'none');
      if (type === 'stream' || type === 'none') continue;
      inboxes.delete(inbox);
      for (const one of watched.waiting) one.notify();
    }
  }

  return {
    join(inbox, newest) {
      let watched = inboxes.get(inbox);
      if (!watched) {
        watched = { key: inboxKeys(inbox).items, newest, users: 0, waiting: new Set() };
        inboxes.set(inbox, watched);
        look.interrupt();
      }
      watched.users += 1;
      if (!isRunning && !isStopped) running = run();
      return joined(watched, () => {
        watched.users -= 1;
        if (watched.users === 0 && inboxes.get(inbox) === watched) inboxes.delete(inbox);
      });
    },
    async stop() {
      isStopped = true;
      for (const { waiting } of inboxes.values()) for (const one of waiting) one.notify();
      inboxes.clear();
      look.interrupt();
      // The read may hang if Redis is gone.
      reader.disconnect();
      await running;
    },
  };

  function joined(watched: Watched, leave: () => void): WatchedInbox {
    let hasLeft = false;
    return {
      get newest() {
        return watched.newest;
      },
      growsBeyond(id, signal) {
        if (isBefore(id, watched.newest) || signal.aborted || isStopped) return Promise.resolve();
        advance(watched, id);
        return new Promise((resolve) => {
          const one = {
            beyond: id,
            notify() {
              watched.waiting.delete(one);
              signal.removeEventListener('abort', one.notify);
              resolve();
            },
          };
          watched.waiting.add(one);
          signal.addEventListener('abort', one.notify);
        });
      },
      leave() {
        if (!hasLeft) leave();
        hasLeft = true;
      },
    };
  }
}
