/** Receives the workers' answers, for readers that wait a moment, and for open streams. One small read at a time for the whole process. */
import { setTimeout as pause } from 'node:timers/promises';
import type { createNews, News } from '../asked/news.ts';

export interface Answers {
  /** To be called before asking: no answer after this is missed. */
  expect(names: readonly string[]): Promise<Expected>;
  /** Receives changes until it is stopped. */
  follow(onChanged: (names: ReadonlySet<string>) => void): () => void;
}

export interface Expected {
  /** Resolves once all are answered, or after `ms`. */
  within(ms: number): Promise<void>;
}

const LOOK_EVERY_MS = { waiting: 60, following: 1_000 };
interface Waiter {
  missing: Set<string>;
  done: () => void;
}

export function createAnswers(news: ReturnType<typeof createNews>): Answers {
  const waiters = new Set<Waiter>();
  const followers = new Set<(names: ReadonlySet<string>) => void>();
  let isRunning = false;

  function hear({ answered, changed }: News): void {
    for (const waiter of waiters) {
      for (const name of answered) waiter.missing.delete(name);
      if (waiter.missing.size === 0) waiter.done();
    }
    if (changed.length) for (const onChanged of followers) onChanged(new Set(changed));
  }

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (waiters.size + followers.size > 0) {
      try {
        hear(await news.next());
      } catch {
        // Redis is unavailable: continues from the same place.
      }
      const ms = waiters.size ? LOOK_EVERY_MS.waiting : LOOK_EVERY_MS.following;
      for (
        let waited = 0;
        waited < ms && (waited === 0 || waiters.size === 0);
        waited += LOOK_EVERY_MS.waiting
      )
        await pause(LOOK_EVERY_MS.waiting, undefined, { ref: false });
    }
    isRunning = false;
    news.end();
  }

  return {
    async expect(names) {
      const waiter: Waiter = { missing: new Set(names), done: () => undefined };
      await news.begin();
      waiters.add(waiter);
      void run();
      return {
        async within(ms) {
          if (waiter.missing.size > 0 && ms > 0)
            await new Promise<void>((resolve) => {
              const timer = setTimeout(resolve, ms);
              waiter.done = () => {
                clearTimeout(timer);
                resolve();
              };
            });
          waiters.delete(waiter);
        },
      };
    },
    follow(onChanged) {
      followers.add(onChanged);
      news.begin().then(run, run);
      return () => followers.delete(onChanged);
    },
  };
}
