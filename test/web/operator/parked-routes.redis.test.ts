/** The operator's page Parked, over HTTP. */
import { beforeAll, expect, test, vi } from 'vitest';
import { queues as definitions } from '../../../queues/index.ts';
import { addFailed, unroutedMatches } from '../../fixtures/parked-jobs.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asAdmin, asViewer } from '../web.ts';

const COUNT = 251;
const matches = unroutedMatches(COUNT);
const malformed = {
  match: {
    ...matches[0]!.match,
    reason: 'malformed' as const,
    entry: { id: '7-7', data: '{"no":"<b>match</b>"' },
  },
  failedReason: 'malformed: not JSON (position 20)',
};

useWeb();
beforeAll(async () => {
  await addFailed(
    redis.client(),
    web.queues,
    [...matches, malformed],
    (at) => 1_700_000_000_000 + at * 1_000,
  );
  await web.parked.index.refresh();
});

const look = (path: string) => web.ask('GET', `/operator${path}`, asViewer);
const found = async (query: string) => (await look(`/parked/jobs?${query}`)).json;

test('groups say what is wrong, how often, since when and for whom', async () => {
  const { groups, index, run } = (await look('/parked/groups')).json;
  expect(run).toBeNull();
  expect(index).toEqual({ isLoading: false, indexed: COUNT + 1, inRedis: COUNT + 1 });
  expect(groups).toMatchObject([
    {
      reason: 'unrouted',
      fingerprint: 'nobody is registered for subscription "…"',
      failed: COUNT,
      retrying: 0,
      lastSeen: new Date(1_700_000_000_000 + (COUNT - 1) * 1_000).toISOString(),
      subscriptions: [
        { name: 'common', jobs: COUNT - 3 },
        { name: 'rare', jobs: 3 },
      ],
      example: { queue: 'parked', job: definitions.parked.id(matches[COUNT - 1]!.match) },
    },
    { reason: 'malformed', fingerprint: 'not JSON (position #)', failed: 1 },
  ]);
});

test.each([
  ['subscription=rare', 3],
  ['subscription=rar', 0],
  ['not_subscription=common', 4],
  ['text=POST%2017', 11],
  ['text=post%2017&subscription=rare', 0],
  ['text=%3Cb%3E', 1],
  ['text=.*', 0],
  ['uri=app.bsky.feed.post%2F3kaaaaaaaa25', 3],
  ['stream_id=7-7', 1],
  ['subscriber=nobody', 0],
  ['', COUNT + 1],
])('search %s finds %i', async (query, total) => {
  expect((await found(query)).total).toBe(total);
});

test('a page of what was found begins with the newest failure, and pages follow each other', async () => {
  const first = await found('limit=2');
  const second = await found('limit=2&offset=2');
  expect(first.jobs.map((job: { streamId: string }) => job.streamId)[0]).toBe('7-7');
  expect(second.jobs[0].failedAt < first.jobs[1].failedAt).toBe(true);
});

test.each(['limit=1000', 'offset=-1', 'nonsense=1', `text=${'x'.repeat(3_000)}`, 'text=a&text=b'])(
  'search %s is refused',
  async (query) => {
    expect((await look(`/parked/jobs?${query}`)).status).toBe(400);
  },
);

test('the export is one JSON object a line, whole', async () => {
  const answer = await look('/parked/export?subscription=rare');
  expect(answer.headers['content-disposition']).toContain('attachment');
  const lines = answer.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({
    queue: 'parked',
    reason: 'unrouted',
    state: 'failed',
    data: matches[50]!.match,
  });
  expect((await look('/log')).json.actions[0]).toMatchObject({ who: 'viewer', action: 'export' });
});

test('one is shown, edited and retried, and the log says so', async () => {
  const id = definitions.parked.id(malformed.match);
  const path = `/operator/parked/jobs/parked/${id}`;
  const shown = (await web.ask('GET', path, asViewer)).json;
  expect(shown).toMatchObject({
    state: 'failed',
    data: malformed.match.entry.data,
    failedReason: malformed.failedReason,
  });
  const data = '{"mended": 12345678901234567890}';
  expect((await web.ask('POST', `${path}/retry`, asAdmin, { data })).status).toBe(200);
  const job = await web.queues.parked.queue.getJob(id);
  expect(job!.data.entry).toEqual({ id: '7-7', data });
  expect(await job!.getState()).toBe('waiting');
  const [noted] = (await look('/log')).json.actions;
  expect(noted).toMatchObject({
    who: 'admin',
    action: 'edit and retry one',
    what: { queue: 'parked', job: id },
  });
  expect((await web.ask('POST', `${path}/retry`, asAdmin, {})).status).toBe(409);
  expect((await found('stream_id=7-7')).total).toBe(0);
});

test('what is not there is said, and nothing is done', async () => {
  for (const path of ['parked/nowhere', 'nowhere/1', '__proto__/1', 'matches/..%2F..']) {
    expect((await look(`/parked/jobs/${path}`)).status).toBe(404);
    expect((await web.ask('POST', `/operator/parked/jobs/${path}/retry`, asAdmin, {})).status).toBe(404);
  }
  expect((await web.ask('POST', '/operator/parked/runs', asAdmin, {})).status).toBe(400);
  expect((await web.ask('POST', '/operator/parked/runs', asAdmin, { group: 'nowhere' })).status).toBe(404);
  expect((await web.ask('POST', '/operator/parked/runs/stop', asAdmin, {})).status).toBe(409);
});

test('a run starts, one at a time, and waits while no worker takes its first match', async () => {
  const start = () => web.ask('POST', '/operator/parked/runs', asAdmin, { subscription: 'rare' });
  expect((await start()).status).toBe(200);
  expect((await start()).status).toBe(409);
  const latest = async () => (await look('/parked/groups')).json.run;
  await vi.waitFor(async () => expect((await latest()).run.inFlight).toBe(1), 10_000);
  expect((await latest()).run).toMatchObject({
    total: 3,
    retried: 1,
    what: 'subscription "rare"',
    by: 'admin',
  });
  expect((await web.ask('POST', '/operator/parked/runs/stop', asAdmin, {})).status).toBe(200);
});

test('a text that would be markup is only text in the answers', async () => {
  const answer = await look('/parked/groups');
  expect(answer.headers['content-type']).toContain('application/json');
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
});
