import { expect, test } from 'vitest';
import { letGrow } from '../../src/pump/growth.ts';

/** How often it is looked, with these numbers of jobs one after the other; the last one stays. */
async function looksAt(...jobs: number[]): Promise<number> {
  let looks = 0;
  await letGrow(
    () => jobs[Math.min(looks, jobs.length - 1)]!,
    async () => {
      looks += 1;
    },
  );
  return looks;
}

test('a lone match waits for nothing, nor does one behind a job that is being worked on', async () => {
  expect(await looksAt(0)).toBe(0);
  expect(await looksAt(1)).toBe(0);
});

test('behind more jobs it waits until they are done, and not for long', async () => {
  expect(await looksAt(5, 3, 1)).toBe(2);
  expect(await looksAt(100)).toBe(4);
});
