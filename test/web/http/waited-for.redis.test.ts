/** Requests whose client is gone, or whose time is over. */
import { request } from 'node:http';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { DeadlinePassed } from '../../../src/redis/deadline.ts';
import { logFailure, toProblem } from '../../../src/web/http/problem.ts';
import { whileWaitedFor } from '../../../src/web/http/waited-for.ts';
import { redis, useWeb, web } from '../use-web.ts';
import { asReader, matchJson } from '../web.ts';

useWeb();

const reads = async (): Promise<number> => {
  const [, count = '0'] =
    /cmdstat_xrevrange:calls=(\d+)/.exec(await redis.client().info('commandstats')) ?? [];
  return Number(count);
};

async function feedOf(inbox: string): Promise<string> {
  const { json } = await web.ask('POST', `/api/inboxes/${inbox}/feed-tokens`, asReader, {});
  return new URL(json.urls.rss).pathname;
}

test('a filtered page and a feed whose client is gone scan no further, and are no failure', async () => {
  await web.deliver('ann', ...Array.from({ length: 3_000 }, (_, n) => matchJson(n, 'cats')));
  const feed = await feedOf('ann');
  for (const path of [
    '/api/inboxes/ann/items?subscription=dogs',
    '/api/inboxes/ann/items?q=dogs',
    `${feed}?subscription=dogs`,
  ]) {
    const before = await reads();
    await redis.client().call('CLIENT', 'PAUSE', '30000', 'WRITE');
    const asked = request({ port: web.port, path, headers: asReader });
    asked.on('error', () => undefined).end();
    // A script counts as a write: it waits.
    const blocked = async () =>
      /blocked_clients:[1-9]/.test(await redis.client().info('clients')) ||
      /cmd=eval/.test(String(await redis.client().client('LIST')));
    while (!(await blocked())) await web.ask('GET', '/healthz');
    asked.destroy();
    await web.ask('GET', '/healthz');
    await redis.client().call('CLIENT', 'UNPAUSE');
    // Each of these is answered after a call of the scan.
    for (let turn = 0; turn < 5; turn += 1) await web.ask('GET', '/api/inboxes/ann', asReader);
    // A thousand items are read in forty calls.
    expect((await reads()) - before, path).toBeLessThan(60);
  }
  expect(web.logged.filter((line) => line.includes('request not served'))).toEqual([]);
});

test('after the deadline the work is told, and so it is when the client of a GET is gone, not of a POST', async () => {
  let told: AbortSignal | undefined;
  const forever = (signal: AbortSignal) => {
    told = signal;
    return new Promise<never>(() => undefined);
  };
  await expect(whileWaitedFor({ method: 'POST' }, 5, forever)).rejects.toThrow(DeadlinePassed);
  expect(told?.reason).toBeInstanceOf(DeadlinePassed);
});

test('a deadline that passed is told as such, and not as an outage of Redis', () => {
  const said: string[] = [];
  const log = pino({}, { write: (line: string) => said.push(line) });
  const late = new DeadlinePassed('no answer within 5000 ms');
  const { status, detail, headers } = toProblem(late);
  expect({ status, headers }).toEqual({ status: 503, headers: { 'Retry-After': '5' } });
  expect(detail).toMatch(/took too long/);
  logFailure(log, late, status, 'GET', '/feeds/:file');
  expect(said.join('')).toMatch(/not served in time/);
  expect(said.join('')).not.toMatch(/unavailable/);
});
