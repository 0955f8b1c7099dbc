import { expect, test } from 'vitest';
import { atMost, DeadlinePassed, within } from '../../src/redis/deadline.ts';

const never = new Promise<never>(() => undefined);
const late = (error: Error) => new Promise<never>((_, reject) => setTimeout(() => reject(error), 20));

test('what is done in time is as it was', async () => {
  await expect(within(1_000, Promise.resolve(7))).resolves.toBe(7);
  await expect(within(1_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(atMost(1_000, Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('what takes longer is let go, and may fail then', async () => {
  await expect(within(1, late(new Error('late')))).rejects.toThrow(DeadlinePassed);
  await expect(atMost(1, late(new Error('late')))).resolves.toBeUndefined();
  await expect(atMost(1, never)).resolves.toBeUndefined();
});
