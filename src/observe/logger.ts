import { destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

/** JSON lines on standard output; human-readable on a terminal. */
export function createLogger(level: string, role: string, isTerminal: boolean): Logger {
  const stream = isTerminal
    ? pretty({ colorize: true, ignore: 'pid,hostname,role', translateTime: 'SYS:HH:MM:ss', sync: true })
    : destination({ dest: 1, sync: true });
  return pino({ level, base: { role, pid: process.pid } }, stream);
}

/**
 * Rate-limits repeats of a message: the first is logged at once, then at most one per `everyMs`, with the number left out in between.
 */
export function limitRepeats(
  say: (text: string, leftOut: number) => void,
  everyMs = 10_000,
): (text: string) => void {
  const seen = new Map<string, { saidAt: number; leftOut: number }>();
  return (text) => {
    const now = performance.now();
    const entry = seen.get(text);
    if (entry && now - entry.saidAt < everyMs) {
      entry.leftOut += 1;
      return;
    }
    if (seen.size > 100) seen.clear();
    seen.set(text, { saidAt: now, leftOut: 0 });
    say(text, entry?.leftOut ?? 0);
  };
}
