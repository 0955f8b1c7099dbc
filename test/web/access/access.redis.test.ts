/** docs/access.md, cell by cell: what it says is what the server does, off loopback and on it behind PUBLIC_URL. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { queues as definitions } from '../../../queues/index.ts';
import { addFailed, unroutedMatches } from '../../fixtures/parked-jobs.ts';
import { redis, useWeb, web } from '../use-web.ts';
import {
  type Ask,
  asAdmin,
  asReader,
  asViewer,
  type Headers,
  locked,
  startWeb,
  type TestWeb,
} from '../web.ts';

const visitors = ['nobody', 'viewer', 'admin', 'API token', 'feed token'] as const;
type Visitor = (typeof visitors)[number];
const headersOf: Record<Visitor, Headers> = {
  nobody: {},
  viewer: asViewer,
  admin: asAdmin,
  'API token': asReader,
  'feed token': {},
};

const [head, , ...rows] = readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

interface Call {
  method: string;
  path: string;
}

/** Of `/openapi.json`: every operation, each parameter of its path filled in. */
function operations(description: { paths: Record<string, object> }, isRead: boolean): Call[] {
  return Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => (method === 'get') === isRead)
      .map(([method, about]) => ({
        // A stream would not end.
        method: JSON.stringify(about).includes('text/event-stream') ? 'HEAD' : method.toUpperCase(),
        path: path.replace(/\{\w+\}/g, '1-0'),
      })),
  );
}

let feedToken: string;
let api: { paths: Record<string, object> };
const matches = unroutedMatches(400);
let next = 0;
let proxied: TestWeb;
useWeb({ isLoopback: false });
beforeAll(async () => {
  proxied = await startWeb(redis, { publicUrl: 'https://example.org/inbox', trustProxy: 'loopback' });
  await addFailed(redis.client(), web.queues, matches);
  await Promise.all([web.parked.index.refresh(), proxied.parked.index.refresh()]);
  api = (await web.ask('GET', '/openapi.json')).json;
  feedToken = (await web.ask('POST', '/api/inboxes/ann/feed-tokens', asReader, {})).json.token;
  return () => proxied.stop();
});

/** As a proxy passes them on: one that keeps the path. */
const behindProxy: Ask = (method, path, headers, body) =>
  proxied.ask(
    method,
    `/inbox${path}`,
    { host: 'example.org', 'x-forwarded-proto': 'https', ...headers },
    body,
  );
const places: [name: string, ask: Ask][] = [
  ['off loopback', (...asked) => web.ask(...asked)],
  ['behind PUBLIC_URL', behindProxy],
];

const callsOf = (request: string): Call[] => {
  const every = /^every (read|write)/.exec(request)?.[1];
  if (every) return operations(api, every === 'read');
  const [, method = '', path = ''] = /^`([A-Z]+) (\S+)`$/.exec(request) ?? [];
  return [{ method, path }];
};

/** A job of its own for each call that may change one. */
function filled(path: string, visitor: Visitor): string {
  const job = definitions.parked.id(matches[next++ % matches.length]!.match);
  return path.replace('JOB', job).replace('TOKEN', visitor === 'feed token' ? feedToken : 'x'.repeat(43));
}

const headersFor = (visitor: Visitor, path: string): Headers =>
  visitor === 'feed token' && /\bgreader\b/.test(path)
    ? { authorization: `GoogleLogin auth=${feedToken}` }
    : headersOf[visitor];

const bodyOf = ({ method }: Call): object | undefined => (['GET', 'HEAD'].includes(method) ? undefined : {});
const refused = (status: number, path: string): boolean =>
  status === 401 || status === 403 || (status === 404 && path.startsWith('/feeds/'));

test('the table has its columns and says something of each', () => {
  expect(head).toEqual(['what', 'request', ...visitors]);
  expect(rows.length).toBeGreaterThan(30);
  for (const [, , ...cells] of rows) for (const cell of cells) expect(['yes', 'no']).toContain(cell);
});

const cellsOf = places.flatMap(([place, ask]) =>
  rows.flatMap(([what, request, ...cells]) =>
    visitors.map((visitor, at) => ({ place, ask, what, request, visitor, may: cells[at]! })),
  ),
);

describe('the table', () => {
  test.each(cellsOf)(
    '$place, $what: $request, $visitor: $may',
    async ({ ask, request = '', visitor, may }) => {
      const calls = callsOf(request);
      expect(calls.length).toBeGreaterThan(0);
      for (const call of calls) {
        const path = filled(call.path, visitor);
        const { status } = await ask(call.method, path, headersFor(visitor, path), bodyOf(call));
        expect(refused(status, path) ? 'no' : 'yes', `${call.method} ${path}: ${status}`).toBe(may);
        expect(status).toBeLessThan(500);
        if (may === 'yes') expect(status, `${call.method} ${path}`).not.toBe(405);
      }
    },
  );
});

const forgeries: [string, Headers, string?][] = [
  ['from another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['from another origin, by an old browser', { origin: 'https://evil.example' }],
  ['from a neighbour on the same site', { 'sec-fetch-site': 'same-site' }],
  ["as a form's text", { 'content-type': 'text/plain' }, '{}'],
  ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'data=1'],
];
// Nothing that a browser sends along opens the Google Reader API.
const writes = rows.filter(([, request = '']) => !/^`GET|every read|greader/.test(request));

describe.each(forgeries)('a write %s, with the right login', (_, forged, body) => {
  const each = places.flatMap(([place, ask]) =>
    writes.map(([what, request]) => ({ place, ask, what, request })),
  );
  test.each(each)('$place, $what: $request', async ({ ask, request = '' }) => {
    const before = await state();
    for (const call of callsOf(request)) {
      const login = call.path.startsWith('/api/') ? asReader : asAdmin;
      const path = filled(call.path, 'admin');
      const { status } = await ask(call.method, path, { ...login, ...forged }, body);
      expect([403, 415], `${call.method} ${path}`).toContain(status);
    }
    expect(await state()).toEqual(before);
  });
});

/** All that a write could change, but the samples that are written meanwhile. */
async function state(): Promise<object> {
  const client = redis.client();
  const [keys, log, counts] = await Promise.all([
    client.keys('*'),
    web.parked.operatorLog.latest(1),
    web.queues.parked.queue.getJobCounts(),
  ]);
  const lasting = keys.filter((key) => !/history|lease/.test(key));
  return { keys: lasting.sort(), log: log[0]?.id, counts, run: (await web.parked.runs.latest())?.phase };
}

test('with nothing set all is open on loopback, and only there', async () => {
  const open = await startWeb(redis, { access: { adminUser: locked.adminUser } });
  for (const path of ['/', '/parked', '/operator/log', '/dashboard', '/metrics', '/api/inboxes/ann']) {
    expect((await open.ask('GET', path)).status, path).toBe(200);
    expect((await open.ask('GET', path, { host: 'evil.example' })).status, path).toBe(421);
  }
  const forged = { origin: 'https://evil.example' };
  expect((await open.ask('POST', '/operator/parked/runs', forged, { text: 'post' })).status).toBe(403);
  await open.stop();
});
