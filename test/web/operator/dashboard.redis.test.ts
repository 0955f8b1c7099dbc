import { expect, test } from 'vitest';
import { useWeb, web } from '../use-web.ts';
import { type Answer, asAdmin, matchJson, parkedMatch } from '../web.ts';

useWeb();

const ask = (method: string, path: string, body?: object): Promise<Answer> =>
  web.ask(method, `/dashboard${path}`, asAdmin, body);

async function park(id: string, data: string): Promise<string> {
  const parked = web.queues.parked.queue;
  const before = new Set((await parked.getWaiting()).map((job) => job.id));
  await web.queues.parked.add([parkedMatch({ id, data })]);
  return (await parked.getWaiting()).find((job) => !before.has(job.id))!.id!;
}

test('the page is ours, asks nothing of another site, and its parts are served', async () => {
  const page = await ask('GET', '/queue/parked?status=failed');
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.text).toContain('<title>skywire-inbox</title>');
  expect(page.text).toContain('<base href="/dashboard/" />');
  expect(page.text).not.toMatch(/(href|src)="(https?:)?\/\//);
  const script = /src="(static\/js\/main[^"]+)"/.exec(page.text)?.[1];
  expect((await ask('GET', `/${script}`)).headers['content-type']).toContain('javascript');
  expect((await ask('GET', '/static/nowhere.js')).status).toBe(404);
  expect((await ask('GET', '/static/..%2f..%2fpackage.json')).status).toBeGreaterThanOrEqual(400);
});

test('a parked job shows its whole payload, and every queue what it is for', async () => {
  const data = matchJson(1, 'sub-one', { text: 'parked by hand one' });
  const id = await park('1-0', data);
  const { queues } = (await ask('GET', '/api/queues?activeQueue=parked&status=waiting')).json;
  expect(queues.every((queue: { description: string }) => queue.description.length > 20)).toBe(true);
  const job = queues[1].jobs.find((one: { id: string }) => one.id === id);
  expect(job).toMatchObject({ name: 'unrouted', data: { reason: 'unrouted', entry: { id: '1-0', data } } });
  expect((await ask('GET', `/api/queues/parked/${id}`)).json.job.data.entry.data).toBe(data);
});

test('a job that is shown whole may be mended; one that is shown cut may not, its rest would be lost', async () => {
  const small = await park('2-0', '{"subscription_id":');
  const mended = parkedMatch({ id: '2-0', data: matchJson(2) });
  expect((await ask('PATCH', `/api/queues/parked/${small}/update-data`, { jobData: mended })).status).toBe(
    200,
  );
  expect((await web.queues.parked.queue.getJob(small))!.data).toEqual(mended);
  const data = matchJson(3, 'sub', { text: 'x'.repeat(5_000) });
  const large = await park('3-0', data);
  const refused = await ask('PATCH', `/api/queues/parked/${large}/update-data`, { jobData: {} });
  expect(refused.status).toBe(409);
  expect((await web.queues.parked.queue.getJob(large))!.data.entry.data).toBe(data);
});

test('a page stays small, however large the jobs and however many are asked for', async () => {
  const data = matchJson(4, 'sub', { text: 'x'.repeat(500_000) });
  const many = Array.from({ length: 120 }, (_, at) => parkedMatch({ id: `4-${at}`, data }));
  await web.queues.parked.add(many);
  const page = await ask(
    'GET',
    '/api/queues?activeQueue=parked&status=waiting&page=1&jobsPerPage=1000000000',
  );
  expect(page.status).toBe(200);
  expect(page.json.queues[1].jobs).toHaveLength(100);
  expect(page.text.length).toBeLessThan(2_500_000);
});

test.each([
  '/api/queues?activeQueue=parked&status=nonsense',
  '/api/queues?page=0&activeQueue=parked',
  '/api/queues?jobsPerPage=-1&activeQueue=parked',
  '/api/queues/nowhere/1',
  '/api/queues/parked/nowhere',
  '/api/queues/__proto__/1',
  '/api/nowhere',
])('GET %s is refused, and is no error of ours', async (path) => {
  const answer = await ask('GET', path);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.headers['x-powered-by']).toBeUndefined();
});
