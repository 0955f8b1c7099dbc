/**
 * Tells whoever waits that an inbox has grown. One reader of Redis for the whole process, however many wait.
 *
 * For each inbox that is watched it knows `newest`: everything up to it has been told. Running: look at all of them at once for
 * anything after their `newest` → tell → look again; stop() → nobody waits any more. An entry that is not told yet lies after
 * `newest`, so the next look finds it: nothing is missed between a reader's look and its wait.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isBefore, laterId } from '../../../queues/index.ts';
import type { RedisClient } from '../../redis/connections.ts';
import { inboxKeys } from '../../redis/keys.ts';
import { createLook } from './look.ts';

export interface WatchedInbox {
  /** Everything up to this id has been told. */
  readonly newest: string;
  /** Resolves once there is, or may be, an entry after `id`; at once where there is, and when `signal` is aborted. */
  growsBeyond(id: string, signal: AbortSignal): Promise<void>;
  leave(): void;
}

export interface InboxWatch {
  /** `newest`: an id up to which the caller knows everything. */
  join(inbox: string, newest: string): WatchedInbox;
  /** Idempotent. Leaves the connections open. */
  stop(): Promise<void>;
}

export interface WatchDeps {
  /** Used for nothing else: it blocks. */
  reader: RedisClient;
  commands: RedisClient;
  onTrouble: (error: Error) => void;
}

interface Watched {
  key: string;
  newest: string;
  users: number;
  waiting: Set<{ beyond: string; tell: () => void }>;
}

/** Items that come together are told together. */
const GATHER_MS = 5;
const AFTER_ERROR_MS = 250;

/** Opens nothing until somebody joins. */
export function createInboxWatch({ reader, commands, onTrouble }: WatchDeps): InboxWatch {
  const inboxes = new Map<string, Watched>();
  const look = createLook(reader, commands);
  let isStopped = false;
  let isRunning = false;
  let running = Promise.resolve();

  function advance(watched: Watched, newest: string): void {
    watched.newest = laterId(watched.newest, newest);
    for (const one of watched.waiting) if (isBefore(one.beyond, watched.newest)) one.tell();
  }

  async function run(): Promise<void> {
    isRunning = true;
    const isNeeded = () => !isStopped && inboxes.size > 0;
    while (isNeeded()) {
      try {
        const after = new Map([...inboxes.values()].map(({ key, newest }) => [key, newest]));
        const grown = await look.next(after);
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

  /** One key of another type would refuse the read of all: its watchers are told, and find out by themselves. */
  async function dropWrongTypes(): Promise<void> {
    for (const [inbox, watched] of inboxes) {
      const type = await commands.type(watched.key).catch(() => 'none');
      if (type === 'stream' || type === 'none') continue;
      inboxes.delete(inbox);
      for (const one of watched.waiting) one.tell();
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
      for (const { waiting } of inboxes.values()) for (const one of waiting) one.tell();
      inboxes.clear();
      look.interrupt();
      // The read may hang in a Redis that is gone.
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
            tell() {
              watched.waiting.delete(one);
              signal.removeEventListener('abort', one.tell);
              resolve();
            },
          };
          watched.waiting.add(one);
          signal.addEventListener('abort', one.tell);
        });
      },
      leave() {
        if (!hasLeft) leave();
        hasLeft = true;
      },
    };
  }
}
