/**
 * A lock on a folder, among processes that may be killed at any instant.
 *
 * Owns the symbolic links `lock.<generation>` in the folder; creating one is atomic, its content included. The highest one counts.
 * It names its holder, or `free`; a dead holder counts as free. A free lock is taken by creating the next generation, and released by
 * creating the one after that as `free`.
 *
 * Invariant: the highest generation is never removed. A stale lock is thus superseded, never deleted, and a process that was slow to
 * create a superseded generation sees a higher one and starts over.
 */
import { readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { OwnServerError } from './error.ts';
import { isLiving } from './living.ts';

const FREE = 'free';

/** Runs `work` under the lock. Throws OwnServerError if another process holds it for longer than `waitMs`. */
export async function withLock<T>(
  { folder, user }: { folder: string; user: string },
  waitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const generation = await take(folder, user, waitMs);
  try {
    return await work();
  } finally {
    link(folder, generation + 1, FREE);
  }
}

async function take(folder: string, user: string, waitMs: number): Promise<number> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const newest = Math.max(0, ...generations(folder));
    const holder = newest ? holderOf(folder, newest) : FREE;
    if (holder === undefined) continue;
    if (holder === FREE || !(await isLiving(folder, holder))) {
      if (link(folder, newest + 1, user) && isHighest(folder, newest + 1)) return newest + 1;
      continue;
    }
    if (performance.now() > deadline) {
      throw new OwnServerError(
        `Process ${holder.split('.')[0]} has kept ${folder} locked for ${waitMs} ms: if it is stuck, kill it and start again`,
      );
    }
    await delay(10 + Math.random() * 30);
  }
}

/** Whether the generation just created counts; removes those that are superseded. */
function isHighest(folder: string, generation: number): boolean {
  const all = generations(folder);
  if (Math.max(...all) > generation) {
    rmSync(join(folder, `lock.${generation}`), { force: true });
    return false;
  }
  // Keeps the previous one: a concurrent directory listing might otherwise contain neither it nor its successor.
  for (const old of all) if (old < generation - 1) rmSync(join(folder, `lock.${old}`), { force: true });
  return true;
}

function generations(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => {
    const found = /^lock\.(\d{1,15})$/.exec(name);
    return found ? [Number(found[1])] : [];
  });
}

/** undefined: removed meanwhile. */
function holderOf(folder: string, generation: number): string | undefined {
  try {
    return readlinkSync(join(folder, `lock.${generation}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** false: another process was faster. */
function link(folder: string, generation: number, holder: string): boolean {
  try {
    symlinkSync(holder, join(folder, `lock.${generation}`));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
