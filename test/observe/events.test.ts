import { expect, test, vi } from 'vitest';
import { createEvents } from '../../src/observe/events.ts';
import { createLogger } from '../../src/observe/logger.ts';
import { createMetrics } from '../../src/observe/metrics.ts';

test('a pump that pauses and resumes many times a second says so once; its gauge follows each', async () => {
  const log = createLogger('silent', 'test', false);
  const said = vi.spyOn(log, 'info');
  const metrics = createMetrics();
  const events = createEvents(log, metrics);
  for (let n = 0; n < 300; n += 1) {
    events.paused(true, '100 jobs are waiting');
    events.paused(false, '');
  }
  expect(said.mock.calls.map(([, text]) => text)).toEqual([
    'backpressure, the pump is paused: 100 jobs are waiting',
    'the pump has resumed',
  ]);
  events.paused(true, 'Redis is 86 % full');
  expect(said).toHaveBeenCalledTimes(3);
  expect(await metrics.registry.metrics()).toContain('skywire_inbox_pump_braked 1');
});
