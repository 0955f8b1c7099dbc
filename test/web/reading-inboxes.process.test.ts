/** The examples of docs/reading-inboxes.md, run as they stand against the web role. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRedis, type TestRedis } from '../fixtures/redis.ts';
import { matchJson, startWeb, type TestWeb } from './web.ts';

const doc = readFileSync(new URL('../../docs/reading-inboxes.md', import.meta.url), 'utf8');
const API_TOKEN = 'token-of-the-examples';
const SUBSCRIBER = 'ann:1';

/** The code of the section with this heading. */
function example(heading: string): string {
  const section = doc.split(`\n### ${heading}\n`)[1]?.split('\n##')[0] ?? '';
  const code = /```\w+\n([\s\S]*?)```/.exec(section)?.[1];
  if (!code) throw new Error(`no example under "${heading}"`);
  return code;
}

let redis: TestRedis;
let web: TestWeb;
beforeAll(async () => {
  redis = await startRedis();
  web = await startWeb(redis, { access: { adminUser: 'admin', adminPassword: 'x', apiToken: API_TOKEN } });
  await web.deliver(SUBSCRIBER, matchJson(1, SUBSCRIBER), matchJson(2, SUBSCRIBER), matchJson(3, SUBSCRIBER));
});
afterAll(async () => {
  await web?.stop();
  await redis?.stop();
});

function run(
  command: string,
  args: string[],
  code: string,
): Promise<{ status: number | null; output: string }> {
  const env = { PATH: process.env['PATH'], INBOX_URL: web.url, REDIS_URL: redis.url, API_TOKEN, SUBSCRIBER };
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr.on('data', (part: Buffer) => (output += part.toString()));
  child.stdin.end(code);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
  });
}
const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const all = ['post 1', 'post 2', 'post 3'];

test.skipIf(!runs('curl', '--version'))('curl (skipped where there is no curl)', async () => {
  const { status, output } = await run('sh', ['-e'], example('curl'));
  expect(status, output).toBe(0);
  expect(output).toContain('"total":3,"unread":3');
  for (const text of all) expect(output.split(`"text":"${text}"`).length).toBeGreaterThan(2);
  expect(output).toMatch(/\{"unread":3\}$/);
});

test('Node: the pages, and what comes live', async () => {
  const ended = run(process.execPath, ['--input-type=module'], example('Node'));
  await expect.poll(() => web.live.load().streams, { timeout: 10_000 }).toBe(1);
  await web.deliver(SUBSCRIBER, matchJson(4, SUBSCRIBER));
  const { status, output } = await ended;
  expect(status, output).toBe(0);
  expect(output.trim().split('\n')).toEqual([...all, expect.stringMatching(/^\d+-\d+ post 4$/)]);
});

const hasRuby = runs('ruby', '--version');
test.skipIf(!hasRuby)('Ruby over HTTP (skipped where there is no ruby)', async () => {
  const { status, output } = await run('ruby', ['-'], example('Ruby over HTTP'));
  expect(status, output).toBe(0);
  expect(output.trim().split('\n')).toEqual([...all, 'post 4'].toReversed());
  const { json } = await web.ask('GET', '/api/inboxes/ann:1', { authorization: `Bearer ${API_TOKEN}` });
  expect(json.unread).toBe(0);
});

const hasRedisRb = hasRuby && runs('ruby', '-e', 'require "redis"');
test.skipIf(!hasRedisRb)('Ruby straight from Redis (skipped where there is no redis-rb)', async () => {
  const { status, output } = await run('ruby', ['-'], example('Ruby straight from Redis'));
  expect(status, output).toBe(0);
  expect(output.trim().split('\n')).toEqual([...all, 'post 4']);
});
