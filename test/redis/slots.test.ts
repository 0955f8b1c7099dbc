import { expect, test } from 'vitest';
import { slotNumber, slotOf } from '../../src/redis/slots.ts';

/** As `CLUSTER KEYSLOT` of Redis 7.0.15 says. */
test.each([
  ['foo', 12_182],
  ['inbox:{ann}:seen', 2_326],
  ['post:{é%20}', 15_609],
  ['foo{}{bar}', 8_363],
  ['foo{{bar}}zap', 4_015],
  ['foo{bar}{zap}', 5_061],
])('the slot of %s is %i', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});

test('a number hashes to the slot of its tag', () => {
  for (const tag of ['ann', 'é%20', '1', '16384']) expect(slotOf(`{${slotNumber(tag)}}`)).toBe(slotOf(tag));
});
