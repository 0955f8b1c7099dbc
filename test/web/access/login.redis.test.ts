import { beforeAll, expect, test } from 'vitest';
import { redis, useWeb, web } from '../use-web.ts';
import { asAdmin, asReader, asViewer, basic, parkedMatch, startWeb, viewerPassword } from '../web.ts';

let jobId: string;
useWeb();
beforeAll(async () => {
  await web.queues.parked.add([parkedMatch({ id: '1-0', data: '{}' })]);
  jobId = (await web.queues.parked.queue.getWaiting())[0]!.id!;
});

const queues = '/dashboard/api/queues';
/** Everything that Bull Board 9.10 can change. */
const changes = (): [string, string][] => [
  ['POST', `${queues}/parked/add`],
  ['PUT', `${queues}/parked/retry/failed`],
  ['PUT', `${queues}/parked/promote`],
  ['PUT', `${queues}/parked/clean/failed`],
  ['PUT', `${queues}/parked/pause`],
  ['PUT', `${queues}/parked/resume`],
  ['PUT', `${queues}/parked/empty`],
  ['PUT', `${queues}/parked/obliterate`],
  ['PUT', `${queues}/parked/concurrency`],
  ['PUT', `${queues}/parked/rate-limit`],
  ['PUT', `${queues}/pause`],
  ['PUT', `${queues}/resume`],
  ['PUT', `${queues}/parked/${jobId}/retry`],
  ['PUT', `${queues}/parked/${jobId}/clean`],
  ['PUT', `${queues}/parked/${jobId}/promote`],
  ['PATCH', `${queues}/parked/${jobId}/update-data`],
  ['PATCH', `${queues}/parked/${jobId}/delay`],
  ['DELETE', `${queues}/parked`],
  ['OPTIONS', `${queues}/parked/add`],
  ['PUT', '/dashboard'],
];

test('the viewer sees every queue and its jobs, and can change nothing', async () => {
  const board = await web.ask('GET', `${queues}?activeQueue=parked&status=waiting`, asViewer);
  const shown = board.json.queues as { name: string; jobs: { id: string }[]; readOnlyMode: boolean }[];
  expect(shown.map(({ name }) => name)).toEqual(['matches', 'parked', 'fanout', 'enrich']);
  expect(shown.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  expect(shown[1]!.jobs[0]!.id).toBe(jobId);
  expect((await web.ask('GET', `${queues}/parked/${jobId}`, asViewer)).status).toBe(200);
  expect((await web.ask('GET', '/dashboard', asViewer)).text).toContain('skywire-inbox');
  for (const [method, path] of changes()) {
    const answer = await web.ask(method, path, asViewer, method === 'OPTIONS' ? undefined : {});
    expect(answer.status, `${method} ${path}`).toBe(403);
    expect(answer.json.error).toContain('viewer');
  }
  const parked = web.queues.parked.queue;
  expect(await parked.getJobCountByTypes('waiting')).toBe(1);
  expect(await parked.isPaused()).toBe(false);
});

test('the admin changes, and a line in the log says what', async () => {
  expect((await web.ask('PUT', `${queues}/parked/pause`, asAdmin)).status).toBe(200);
  expect(await web.queues.parked.queue.isPaused()).toBe(true);
  expect((await web.ask('PUT', `${queues}/parked/resume`, asAdmin)).status).toBe(200);
  expect(
    web.logged.filter(
      (line) => line.includes('changed on the dashboard') && line.includes('"queue":"parked"'),
    ),
  ).toHaveLength(2);
});

test('only the right user with the right password gets in, and the API does not take a login', async () => {
  for (const authorization of [
    basic('admin', viewerPassword),
    basic('viewer', 'admin-Pw:1'),
    basic('admin', ''),
    basic('', ''),
    basic('Admin', 'admin-Pw:1'),
    'Basic',
    'Basic !!!',
    `Basic ${Buffer.from('admin').toString('base64')}`,
    `Bearer ${Buffer.from('admin:admin-Pw:1').toString('base64')}`,
  ]) {
    const answer = await web.ask('GET', '/dashboard', { authorization });
    expect(answer.status, authorization).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Basic realm="skywire-inbox"');
  }
  expect((await web.ask('GET', '/dashboard/static/favicon.ico')).status).toBe(401);
  expect((await web.ask('GET', '/api/inboxes/a', asAdmin)).status).toBe(401);
  expect((await web.ask('GET', '/dashboard', asReader)).status).toBe(401);
});

test('only the API token opens the API', async () => {
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    'Bearer x',
    `Bearer ${'x'.repeat(8_000)}`,
    'Basic abc',
    'Bearer undefined',
  ]) {
    const answer = await web.ask('GET', '/api/inboxes/a', authorization ? { authorization } : {});
    expect(answer.status, authorization).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
  }
  expect((await web.ask('GET', '/api/nowhere')).status).toBe(401);
  expect((await web.ask('GET', '/api/inboxes/a', asReader)).status).toBe(200);
});

test('guessing is slowed down, says when to come back, and never turns away an address that logs in right', async () => {
  const guessed = await startWeb(redis);
  for (let login = 0; login < 50; login += 1) {
    expect((await guessed.ask('GET', `${queues}/parked/${jobId}`, asAdmin)).status).toBe(200);
  }
  const wrong = { authorization: basic('admin', 'guess') };
  const statuses = await Promise.all(
    Array.from({ length: 30 }, async () => (await guessed.ask('GET', '/dashboard', wrong)).status),
  );
  expect(statuses.filter((status) => status === 401).length).toBeLessThan(25);
  const refused = await guessed.ask('GET', '/dashboard', wrong);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(3);
  await expect
    .poll(async () => (await guessed.ask('GET', '/dashboard', asAdmin)).status, {
      timeout: 8_000,
      interval: 500,
    })
    .toBe(200);
  await guessed.stop();
});

test('without passwords everything is open on loopback', async () => {
  const open = await startWeb(redis, { access: { adminUser: 'admin' } });
  expect((await open.ask('GET', '/dashboard')).status).toBe(200);
  expect((await open.ask('PUT', `${queues}/parked/resume`)).status).toBe(200);
  expect((await open.ask('GET', '/api/inboxes/a')).status).toBe(200);
  await open.stop();
});
