/** Bull Board's own actions: limited, noted, and nothing secret on its page. */
import { Worker } from 'bullmq';
import { beforeAll, expect, test, vi } from 'vitest';
import { createOperatorLog, type OperatorLog } from '../../../src/parked/operator-log.ts';
import { queuePrefix } from '../../../src/redis/keys.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asAdmin, asViewer, locked, matchJson, parkedMatch, startWeb } from '../web.ts';

const SECRET_REASON = `cannot reach redis://user:hunter2@10.0.0.1:6379, Bearer abcdef123456 ${'x'.repeat(5_000)}`;
const FAILED = 101;

let operatorLog: OperatorLog;
useWeb({ environmentName: 'staging </script>' });
beforeAll(async () => {
  operatorLog = createOperatorLog(redis.client());
  const matches = Array.from({ length: FAILED }, (_, at) =>
    parkedMatch({ id: `${at}-0`, data: matchJson(at) }),
  );
  await web.queues.parked.add(matches);
  const worker = new Worker('parked', () => Promise.reject(new Error(SECRET_REASON)), {
    connection: redis.client({ maxRetriesPerRequest: null }),
    prefix: queuePrefix('parked'),
    concurrency: 20,
    settings: { backoffStrategy: () => 1 },
  });
  worker.on('error', () => undefined);
  await vi.waitFor(async () => expect(await web.queues.parked.queue.getFailedCount()).toBe(FAILED), {
    timeout: 20_000,
    interval: 100,
  });
  await worker.close();
});

const retried = (id: string) => `/dashboard/api/queues/parked/${id}/retry`;

test('a retry by hand is noted with who did it and from where', async () => {
  const [job] = await web.queues.parked.queue.getFailed(0, 0);
  expect((await web.ask('PUT', retried(job!.id!), asAdmin)).status).toBeLessThan(300);
  const [noted] = await operatorLog.latest(1);
  expect(noted).toMatchObject({ who: 'admin', action: 'dashboard: retry' });
  expect(noted!.what).toEqual({ queue: 'parked', job: job!.id });
  expect(noted!.from).toContain('127.0.0.1');
});

test("the viewer's retry is refused, and nothing is noted", async () => {
  const [job] = await web.queues.parked.queue.getFailed(0, 0);
  const [last] = await operatorLog.latest(1);
  expect((await web.ask('PUT', retried(job!.id!), asViewer)).status).toBe(403);
  expect(await job!.isFailed()).toBe(true);
  expect((await operatorLog.latest(1))[0]).toEqual(last);
});

test('"retry all" of more than a hundred is refused, with where to go instead', async () => {
  await web.queues.parked.add([parkedMatch({ id: '999-0', data: matchJson(999) })]);
  const parked = web.queues.parked.queue;
  const failing = new Worker('parked', () => Promise.reject(new Error('again')), {
    connection: redis.client({ maxRetriesPerRequest: null }),
    prefix: queuePrefix('parked'),
    settings: { backoffStrategy: () => 1 },
  });
  await vi.waitFor(async () => expect(await parked.getFailedCount()).toBeGreaterThan(100), 10_000);
  await failing.close();
  const answer = await web.ask('PUT', '/dashboard/api/queues/parked/retry/failed', asAdmin);
  expect(answer.status).toBe(409);
  expect(answer.text).toContain('/parked retries a group at a bounded rate');
  expect(await parked.getFailedCount()).toBeGreaterThan(100);
});

test('reasons and stacks are cut and hold no password', async () => {
  const page = await web.ask(
    'GET',
    '/dashboard/api/queues?activeQueue=parked&status=failed&jobsPerPage=1000',
    asViewer,
  );
  expect(page.text).toContain('redis://…@10.0.0.1:6379');
  expect(page.text).not.toMatch(/hunter2|abcdef123456/);
  expect(page.text.length).toBeLessThan(1_500_000);
});

test('the page bears the name of the installation, and links to the overview and the parked page', async () => {
  const page = await web.ask('GET', '/dashboard', asViewer);
  expect(page.text).toContain('staging');
  expect(page.text).not.toContain('staging </script>');
  for (const url of ['/', '/parked', '/api/docs']) expect(page.text).toContain(`"url":"${url}"`);
});

test('where no password is set, the log says so', async () => {
  const open = await startWeb(redis, { access: { adminUser: locked.adminUser } });
  const [job] = await open.queues.parked.queue.getFailed(0, 0);
  expect((await open.ask('PUT', retried(job!.id!))).status).toBeLessThan(300);
  expect((await operatorLog.latest(1))[0]).toMatchObject({ who: 'anybody (no password is set)' });
  await open.stop();
});
