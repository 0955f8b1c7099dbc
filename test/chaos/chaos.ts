/**
 * The storm from beginning to end: a Redis, crews of pumps and workers, a producer with its journal, the blows; then calm, the
 * oracle's judgement and the product's own audit.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createProgress } from '../../src/tools/progress.ts';
import { eventually } from '../fixtures/eventually.ts';
import { type Journal, openJournal } from '../fixtures/journal.ts';
import { type Judgement, judge } from '../fixtures/judge.ts';
import { createProducer, producerOptions } from '../fixtures/producer.ts';
import { delivered, jobsOf, quiet, STREAM } from '../fixtures/progress.ts';
import { startRedis } from '../fixtures/redis.ts';
import { endRoles, type Role, runCommand, startRole } from '../fixtures/roles.ts';
import { pairedTraffic, subscriptionNames, type Traffic } from '../fixtures/traffic.ts';
import type { ChaosOptions } from './command.ts';
import { startCrew } from './crew.ts';
import { type Blow, planOf } from './plan.ts';
import { startStorm } from './storm.ts';

const SUBSCRIPTIONS = 200;
const CALM_WITHIN_MS = 300_000;

export interface ChaosResult {
  seconds: number;
  attempted: number;
  judgement: Judgement;
  failedInMatches: number;
  audit: { code: unknown; output: string };
  hits: Map<Blow, number>;
  started: Record<string, number>;
  surprises: string[];
  calmMs: number;
  journal: Journal;
}

export async function runChaos(options: ChaosOptions, signal: AbortSignal): Promise<ChaosResult> {
  const redis = await startRedis('--appendfsync', options.appendfsync);
  const client = redis.client();
  const servers = { home: client, skywire: client, streams: [STREAM] };
  const journal = openJournal();
  const traffic = pairedTraffic(SUBSCRIPTIONS);
  const sender = new Redis(redis.url, producerOptions);
  sender.on('error', () => undefined);
  const env = { REDIS_URL: redis.url, ROUTING: 'directory', INBOX_MAX_ITEMS: '0', LOG_LEVEL: 'warn' };
  try {
    const judgesWeb = await (await startRole('web', env)).ready();
    await register(traffic, judgesWeb);
    const crews = {
      pumps: startCrew('pump', options.pumps, env),
      workers: startCrew('worker', options.workers, env),
      webs: startCrew('web', 1, env),
    };
    const all = Object.values(crews);
    await eventually(() => mustBeWhole(all), { withinMs: 120_000 });
    const producer = createProducer({ client: sender, journal, traffic, streams: [STREAM] });
    const begun = performance.now();
    producer.run(options.rate);
    const storm = startStorm({
      plan: planOf(options.seed, options.minutes * 60_000),
      redis,
      ...crews,
      signal,
    });
    const watching = new AbortController();
    void showProgress(watching.signal, () => line(begun, journal, storm.hits, client));
    await pause(options.minutes * 60_000, undefined, { signal }).catch(() => undefined);
    await storm.done;
    for (const crew of all) crew.wake();
    await producer.stop();
    const seconds = (performance.now() - begun) / 1_000;
    await eventually(() => mustBeWhole(all), { withinMs: 120_000 });
    const calmMs = await quiet(servers, CALM_WITHIN_MS);
    watching.abort();
    const judgement = await judge({ journal, traffic, redis: client, webUrl: judgesWeb.url });
    const audit = await runCommand('audit', env);
    const failedInMatches = (await jobsOf(client, 'matches')).failed;
    for (const crew of all) crew.dismiss();
    return {
      seconds,
      attempted: journal.attempted(),
      judgement,
      failedInMatches,
      audit,
      hits: storm.hits,
      started: Object.fromEntries(all.map((crew) => [crew.name, crew.started()])),
      surprises: all.flatMap((crew) => crew.surprises),
      calmMs,
      journal,
    };
  } finally {
    sender.disconnect();
    await endRoles();
    await redis.stop();
  }
}

async function register(traffic: Traffic, { url }: Role): Promise<void> {
  for (const subscription of subscriptionNames(traffic)) {
    for (const subscriber of traffic.subscribersOf(subscription)) {
      const path = `/api/subscriptions/${subscription}/subscribers/${subscriber}`;
      const response = await fetch(`${url}${path}`, { method: 'PUT' });
      if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
    }
  }
}

function mustBeWhole(crews: readonly ReturnType<typeof startCrew>[]): void {
  for (const crew of crews) if (!crew.isWhole()) throw new Error(`not every ${crew.name} is ready`);
}

async function showProgress(signal: AbortSignal, text: () => Promise<string>): Promise<void> {
  const progress = createProgress(process.stdout);
  while (!signal.aborted && process.stdout.isTTY) {
    // While Redis is away there is nothing to show.
    await text().then(progress.show, () => undefined);
    await pause(1_000, undefined, { signal }).catch(() => undefined);
  }
  progress.clear();
}

async function line(
  begun: number,
  journal: Journal,
  hits: Map<Blow, number>,
  client: Redis,
): Promise<string> {
  const seconds = Math.round((performance.now() - begun) / 1_000);
  const blows = [...hits.values()].reduce((sum, count) => sum + count, 0);
  return `${seconds} s: ${journal.attempted()} sent, ${await delivered(client)} items, ${blows} blows`;
}
