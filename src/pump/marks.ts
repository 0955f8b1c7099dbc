/**
 * The pump's positions over time, for a stream whose ids are ahead of the clock and do not tell an entry's age: what the pump had
 * added to the queue at a mark is older than that mark. By the clock of the queues' Redis, where the marks survive restarts.
 */
import { isBefore } from '../../queues/index.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { cursorMarksKey } from '../redis/keys.ts';

const MARKS_A_WINDOW = 24;
const FIELD = 'times';

export interface Marks {
  /** Records the position, and returns the last one before the replay window; undefined: none is known. */
  note(position: string): Promise<string | undefined>;
}

interface Mark {
  ms: number;
  id: string;
}

export interface MarksOptions {
  /** Redis of the queues. */
  home: RedisClient;
  stream: string;
  group: string;
  windowMs: number;
}

export function createMarks({ home, stream, group, windowMs }: MarksOptions): Marks {
  const key = cursorMarksKey(stream, group);
  return {
    async note(position) {
      const [nowMs, text] = await Promise.all([redisNow(home), home.hget(key, FIELD)]);
      // A mark beyond the position means another stream, or a rewound group; a mark in the future, a clock that was set back.
      const marks = decode(text).filter(({ ms, id }) => ms <= nowMs && !isBefore(position, id));
      const reached = marks.findLast(({ ms }) => ms < nowMs - windowMs);
      if (nowMs - (marks.at(-1)?.ms ?? 0) >= windowMs / MARKS_A_WINDOW)
        marks.push({ ms: nowMs, id: position });
      const kept = encode(marks.filter((mark) => !reached || mark.ms >= reached.ms));
      if (kept !== text) await home.hset(key, FIELD, kept);
      return reached?.id;
    },
  };
}

const encode = (marks: readonly Mark[]): string => marks.map(({ ms, id }) => `${ms} ${id}`).join(',');

const decode = (text: string | null): Mark[] =>
  (text || undefined)?.split(',').map((mark) => {
    const [ms, id] = mark.split(' ') as [string, string];
    return { ms: Number(ms), id };
  }) ?? [];
