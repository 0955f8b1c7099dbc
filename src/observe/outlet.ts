/**
 * Writes lines to standard output or error without ever waiting for the reader (a full pipe, a terminal after Ctrl-S).
 * States: flowing → waiting (lines are kept, at most MOST_BYTES) → dropping (lines are counted) → flowing, once all kept lines are
 * written; the number dropped is then logged at that place.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Besides what the pipe itself holds, 64 kB on Linux. */
const MOST_BYTES = 256_000;
/** Kept beyond that for urgent lines. */
const RESERVE_BYTES = 64_000;
const TRY_EVERY_MS = 20;
const GONE_TRY_EVERY_MS = 1_000;

export interface Outlet {
  /** `isUrgent`: kept when others are already dropped. */
  write(line: string, isUrgent?: boolean): void;
  /** Blocks until all is written, but no longer than this. For the end of the process. */
  flush(withinMs: number): void;
}

export interface OutletEvents {
  dropped(): void;
  /** Lines flow again: log it with write(). */
  flowsAgain(dropped: number): void;
}

/** Opens nothing before the first line. */
export function createOutlet(fd: number, events: OutletEvents): Outlet {
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let isSaying = false;
  let timer: NodeJS.Timeout | undefined;
  let own: number | undefined;

  function put(line: Buffer): 'written' | 'full' | 'gone' {
    let rest = line;
    try {
      own ??= withoutWaiting(fd);
      while (rest.length > 0) rest = rest.subarray(writeSync(own, rest));
      return 'written';
    } catch (error) {
      const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
      if (isFull) keep(rest);
      else drop();
      tryAgain(isFull ? TRY_EVERY_MS : GONE_TRY_EVERY_MS);
      return isFull ? 'full' : 'gone';
    }
  }

  /** In the order in which they are tried. */
  function keep(line: Buffer): void {
    waiting.unshift(line);
    waitingBytes += line.length;
  }

  function drop(): void {
    dropped += 1;
    if (!isSaying) events.dropped();
  }

  function tryAgain(afterMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      drain();
    }, afterMs).unref();
  }

  /** false: the pipe is full. */
  function drain(): boolean {
    for (let line = waiting.shift(); line; line = waiting.shift()) {
      waitingBytes -= line.length;
      if (put(line) === 'full') return false;
    }
    if (dropped > 0) say();
    return waiting.length === 0;
  }

  function say(): void {
    const count = dropped;
    dropped = 0;
    isSaying = true;
    events.flowsAgain(count);
    isSaying = false;
    // It did not get through.
    if (dropped > 0) dropped = count;
  }

  return {
    write(text, isUrgent = false) {
      const line = Buffer.from(text);
      if (waiting.length === 0 && (dropped === 0 || isSaying)) {
        put(line);
        return;
      }
      const most = isUrgent ? MOST_BYTES + RESERVE_BYTES : MOST_BYTES;
      if ((dropped > 0 && !isUrgent) || waitingBytes + line.length > most) {
        drop();
        return;
      }
      waiting.push(line);
      waitingBytes += line.length;
    },
    flush(withinMs) {
      const until = performance.now() + withinMs;
      while (!drain() && performance.now() < until) rest(TRY_EVERY_MS);
    },
  };
}

/**
 * O_NONBLOCK belongs to the open file, which parent, shell and other processes may share: so pipes and terminals are opened again. A socket
 * cannot be, nor can anything without permission: `process.stdout` then makes the shared one non-blocking, until the process exits.
 */
function withoutWaiting(fd: number): number {
  // As bigint: the plain kind leaves its result where Node's realpathSync looks, and then takes any symlink for a pipe (docs/gotchas.md).
  const stat = fstatSync(fd, { bigint: true });
  const isTerminal = isatty(fd);
  if (!stat.isFIFO() && !stat.isSocket() && !isTerminal) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    if (!isTerminal) void (fd === 2 ? process.stderr : process.stdout).writable;
    return fd;
  }
}

const rest = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
