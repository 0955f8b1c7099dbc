/** Lines for a reader that stands still. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createOutlet } from '../../src/observe/outlet.ts';
import { type StandingPipe, standingPipe } from '../fixtures/standing-pipe.ts';

let pipe: StandingPipe;
beforeEach(() => {
  pipe = standingPipe();
});
afterEach(() => pipe.close());

function outletTo(fd: number) {
  const dropped = vi.fn();
  const outlet = createOutlet(fd, {
    dropped,
    flowsAgain: (count) => outlet.write(`${count} dropped\n`),
  });
  return { outlet, dropped };
}

/** Everything that comes, until this does. */
async function readUntil(text: string): Promise<string> {
  let read = '';
  await vi.waitFor(() => {
    read += pipe.read();
    if (!read.includes(text)) throw new Error(`not yet: ${read.slice(-200)}`);
  }, 10_000);
  return read;
}

test('what a full pipe cannot take is kept up to a bound, the rest is counted, and said in its place', async () => {
  const { outlet, dropped } = outletTo(pipe.fd);
  const lineOf = (n: number) => `line ${n} ${'x'.repeat(200)}\n`;
  for (let n = 0; n < 3_000; n += 1) outlet.write(lineOf(n));
  const count = dropped.mock.calls.length;
  expect(count).toBeGreaterThan(1_000);
  outlet.write('urgent\n', true);
  const lines = (await readUntil(' dropped\n')).split('\n');
  const kept = Array.from({ length: 3_000 - count }, (_, n) => lineOf(n).trimEnd());
  expect(lines).toEqual([...kept, 'urgent', `${count} dropped`, '']);
  outlet.write('after\n');
  expect(pipe.read()).toBe('after\n');
});

test('the end of the process waits for a slow reader, and not for one that stands still', () => {
  const { outlet } = outletTo(pipe.fd);
  pipe.fill();
  outlet.write('last words\n');
  outlet.flush(50);
  expect(pipe.read()).not.toContain('last words');
  outlet.flush(5_000);
  expect(pipe.read()).toBe('last words\n');
});

test('modules below a symlink are still found where they are', () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'linked-')));
  mkdirSync(join(folder, 'real'));
  for (const name of ['a', 'b']) writeFileSync(join(folder, 'real', `${name}.cjs`), '');
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  const { resolve } = createRequire(import.meta.url);
  resolve(join(folder, 'link', 'a.cjs'));
  // Whatever else this process looked at last.
  statSync(folder);
  outletTo(pipe.fd).outlet.write('a line\n');
  expect(resolve(join(folder, 'link', 'b.cjs'))).toBe(join(folder, 'real', 'b.cjs'));
  rmSync(folder, { recursive: true });
});

test('a reader that is gone costs its lines, which are counted', () => {
  const { outlet, dropped } = outletTo(-1);
  outlet.write('nobody reads this\n');
  outlet.write('nor this\n');
  expect(dropped).toHaveBeenCalledTimes(2);
});
