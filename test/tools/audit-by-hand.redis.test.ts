/** What a person did with a parked match, on our pages or the dashboard, is no loss: the audit says so, and repairs nothing. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDirectoryRouter } from '../../src/subscriptions/directory.ts';
import { type AuditOptions, audit } from '../../src/tools/audit.ts';
import { repair } from '../../src/tools/repair.ts';
import { GROUP, openPipeline, type Pipeline, STREAM } from '../fixtures/pipeline.ts';
import { makeMatch, wire } from '../fixtures/posts.ts';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { asAdmin, asViewer, startWeb, type TestWeb } from '../web/web.ts';

let redis: TestRedis;
let pipeline: Pipeline;
let web: TestWeb;
beforeEach(async () => {
  redis = await startRedis();
  pipeline = await openPipeline(redis, { ROUTING: 'directory' });
  web = await startWeb(redis);
  pipeline.startPump();
  pipeline.startWorker();
  await pipeline.directory.register('cats', 'ann');
});
afterEach(async () => {
  await web.stop();
  await pipeline.stop();
  await redis.stop();
});

function options(): AuditOptions {
  const client = redis.client();
  const router = createDirectoryRouter(client);
  const about = { home: client, skywire: client, queues: pipeline.queues, router };
  const directory = pipeline.directory;
  return { ...about, directory, stream: STREAM, group: GROUP, from: '0', to: '+', onProgress: () => {} };
}
const counts = async () => (await audit(options())).counts;

const parked = () => pipeline.queues.parked.queue;
/** A match that is not JSON, parked; the id of its job. */
async function parkBad(text = '{"post'): Promise<string> {
  await pipeline.append([text]);
  await pipeline.quiet();
  const failed = await parked().getFailed();
  return failed.find(({ data }) => data.entry.data === text)!.id!;
}

const edited = wire(makeMatch('cats', 7, { emptyRkey: true }));
const json = { 'content-type': 'application/json' };
const board = (method: string, path: string, body?: object, as = asAdmin) =>
  web.ask(method, `/dashboard/api/queues/parked/${path}`, { ...as, ...json }, body && JSON.stringify(body));
const delivered = () => vi.waitFor(async () => expect(await pipeline.inbox('ann')).toHaveLength(1), 10_000);

/** On `/parked`. */
const editOnPage = (id: string) =>
  web.ask(
    'POST',
    `/operator/parked/jobs/parked/${id}/retry`,
    { ...asAdmin, ...json },
    JSON.stringify({ data: edited }),
  );

async function editOnDashboard(id: string) {
  const { data } = (await parked().getJob(id))!;
  const jobData = { ...data, entry: { id: data.entry.id, data: edited } };
  const changed = await board('PATCH', `${id}/update-data`, { jobData });
  expect(changed.status).toBe(200);
  return board('PUT', `${id}/retry`);
}

describe.each([
  ['on /parked', editOnPage],
  ['on the dashboard', editOnDashboard],
])('a match edited %s', (_, edit) => {
  test('and delivered is edited, for as long as its item is there', async () => {
    const id = await parkBad();
    expect((await edit(id)).status).toBeLessThan(300);
    await delivered();
    await pipeline.quiet();
    expect(await counts()).toMatchObject({ edited: 1, missing: 0, parked: 0 });
    // BullMQ has forgotten the job, or a person removes it now that it is done.
    expect((await board('PUT', `${id}/clean`)).status).toBeLessThan(300);
    const found = await audit(options());
    expect(found.counts).toMatchObject({ edited: 1, missing: 0 });
    const again = await repair(options(), found, { batchSize: 50, maxWaitingJobs: 100 });
    expect(again.counts).toEqual(found.counts);
    expect(await parked().getFailedCount()).toBe(0);
    const [item] = await pipeline.inbox('ann');
    await redis.client().xdel('inbox:{ann}', item!.id);
    expect(await counts()).toMatchObject({ edited: 0, missing: 1 });
  });
});

test('one that a person edited so that it fails again is still parked', async () => {
  const id = await parkBad();
  const body = JSON.stringify({ data: '{"still' });
  await web.ask('POST', `/operator/parked/jobs/parked/${id}/retry`, { ...asAdmin, ...json }, body);
  await vi.waitFor(async () => expect((await parked().getJob(id))!.attemptsMade).toBe(2), 10_000);
  expect(await counts()).toMatchObject({ parked: 1, edited: 0 });
});

test('one that a person removes on the dashboard is discarded, and stays so', async () => {
  const id = await parkBad();
  expect((await board('PUT', `${id}/clean`, undefined, asViewer)).status).toBe(403);
  expect(await counts()).toMatchObject({ parked: 1, discarded: 0 });
  expect((await board('PUT', `${id}/clean`)).status).toBeLessThan(300);
  expect(await counts()).toMatchObject({ parked: 0, discarded: 1, missing: 0 });
});

test.each([
  ['clean/failed', undefined],
  ['obliterate', { force: true }],
])('and so are all that PUT %s removes', async (path, body) => {
  const ids: string[] = [];
  for (const text of ['{"a', '{"b', '{"c']) ids.push(await parkBad(text));
  // Bull Board spares those of the last 5 s.
  for (const id of ids) await redis.client().zadd(parked().toKey('failed'), 1, id);
  if (path === 'obliterate') await parked().pause();
  expect((await board('PUT', path, body)).status).toBe(200);
  expect(await parked().getFailedCount()).toBe(0);
  expect(await counts()).toMatchObject({ discarded: 3, missing: 0 });
});

test('one that was removed past us is missing: nothing tells that from a loss', async () => {
  const id = await parkBad();
  await (await parked().getJob(id))!.remove();
  expect(await counts()).toMatchObject({ discarded: 0, missing: 1 });
});

test('of a match that two inboxes rejected, each is accounted for', async () => {
  await pipeline.directory.register('cats', 'bob');
  for (const name of ['ann', 'bob']) await redis.client().set(`inbox:{${name}}`, 'in the way');
  await pipeline.append([edited]);
  await pipeline.quiet();
  const jobs = await parked().getFailed();
  expect(jobs).toHaveLength(2);
  await board('PUT', `${jobs[0]!.id}/clean`);
  expect(await counts()).toMatchObject({ discarded: 0, parked: 1, missing: 0 });
  await board('PUT', `${jobs[1]!.id}/clean`);
  expect(await counts()).toMatchObject({ discarded: 1, parked: 0, missing: 0 });
});
