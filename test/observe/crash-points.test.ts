import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

async function armedAt(point: string, nodeEnv: string) {
  vi.stubEnv('SKYWIRE_INBOX_CRASH_AT', point);
  vi.stubEnv('NODE_ENV', nodeEnv);
  return import('../../src/observe/crash-points.ts');
}

test('a crash point is armed by its name, and no other one is', async () => {
  const { isArmed } = await armedAt('pump.after-add:2', 'test');
  expect(isArmed('pump.after-add')).toBe(true);
  expect(isArmed('pump.mid-add')).toBe(false);
});

test('in production none is ever armed, and passing one does nothing', async () => {
  const { crashPoint, isArmed } = await armedAt('pump.after-add', 'production');
  expect(isArmed('pump.after-add')).toBe(false);
  crashPoint('pump.after-add');
});

test('unset, none is armed', async () => {
  const { isArmed } = await armedAt('', 'test');
  expect(isArmed('pump.after-add')).toBe(false);
});
