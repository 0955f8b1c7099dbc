import { type Logger, pino, symbols } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { loggable } from './loggable.ts';
import { createOutlet } from './outlet.ts';

export type { Logger } from 'pino';

/** At the end of the process, for a slow reader. */
const FLUSH_WITHIN_MS = 1_000;
const ERROR = 50;

/** JSON lines on standard output; human-readable on a terminal. `onDropped`: a line was dropped, because nobody reads. */
export function createLogger(
  level: string,
  role: string,
  isTerminal: boolean,
  onDropped: () => void = () => {},
): Logger {
  const pretty = prettyFactory({
    colorize: true,
    ignore: 'pid,hostname,role',
    translateTime: 'SYS:HH:MM:ss',
  });
  const outlet = createOutlet(1, {
    dropped: onDropped,
    flowsAgain: (dropped) =>
      log.warn({ dropped }, 'log lines were dropped here: standard output was not being read'),
  });
  const lines = {
    [symbols.needsMetadataGsym]: true,
    lastLevel: 0,
    write: (line: string) => outlet.write(isTerminal ? pretty(line) : line, lines.lastLevel >= ERROR),
  };
  const log = pino({ level, base: { role, pid: process.pid }, formatters: { log: loggable } }, lines);
  if (level !== 'silent') process.once('exit', () => outlet.flush(FLUSH_WITHIN_MS));
  return log;
}

/** The last message of a process, on standard error. */
export function sayAtLast(text: string): void {
  const outlet = createOutlet(2, { dropped: () => {}, flowsAgain: () => {} });
  outlet.write(text);
  outlet.flush(FLUSH_WITHIN_MS);
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
