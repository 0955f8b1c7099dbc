/**
 * The storm from beginning to end: the servers, crews of pumps and workers, a producer with its journal, the blows; then calm, the
 * oracle's judgement and the product's own audit. Whatever does not come to rest is said, and judged all the same.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { eventually } from '../fixtures/eventually.ts';
import { type Journal, openJournal } from '../fixtures/journal.ts';
import { type Judgement, judge } from '../fixtures/judge.ts';
import { createProducer, producerOptions } from '../fixtures/producer.ts';
import { jobsOf, quiet } from '../fixtures/progress.ts';
import { endRoles, type Role, runCommand, startRole } from '../fixtures/roles.ts';
import { pairedTraffic, subscriptionNames, type Traffic } from '../fixtures/traffic.ts';
import type { ChaosOptions } from './command.ts';
import { type Crew, startCrew } from './crew.ts';
import { keptOrInexcusable } from './excused.ts';
import { type Blow, planOf } from './plan.ts';
import { showProgress } from './progress.ts';
import { type ChaosSite, openSite } from './site.ts';
import { startStorm } from './storm.ts';

const SUBSCRIPTIONS = 200;
const CALM_WITHIN_MS = 300_000;
const WHOLE_WITHIN_MS = 120_000;
/** After so long what was written is on the disk. */
const SYNCED_AFTER_MS = 2_500;

export interface ChaosResult {
  seconds: number;
  wasStopped: boolean;
  attempted: number;
  judgement: Judgement;
  /** Confirmed matches that went with a power cut, from the stream itself. */
  gone: number;
  cutBytes: number;
  failedInMatches: number;
  audit: { code: unknown; output: string };
  hits: Map<Blow, number>;
  started: Record<string, number>;
  surprises: string[];
  /** What did not come to rest after the storm. */
  unrest: string[];
  calmMs: number;
  journal: Journal;
}

export async function runChaos(options: ChaosOptions, signal: AbortSignal): Promise<ChaosResult> {
  const site = await openSite(options);
  const { servers } = site;
  const journal = openJournal();
  const traffic = pairedTraffic(SUBSCRIPTIONS);
  const sender = new Redis(site.skywire.url, producerOptions);
  sender.on('error', () => undefined);
  let all: Crew[] = [];
  try {
    const judgesWeb = await (await startRole('web', site.env)).ready();
    await register(traffic, judgesWeb);
    await pause(SYNCED_AFTER_MS);
    const crews = startCrews(options, site);
    all = Object.values(crews).filter((crew) => crew !== undefined);
    await eventually(() => mustBeWhole(all), { withinMs: WHOLE_WITHIN_MS });
    const producer = createProducer({ client: sender, journal, traffic, streams: servers.streams });
    const begun = performance.now();
    producer.run(options.rate);
    const lengthMs = options.minutes * 60_000;
    const losesSeconds = options.appendfsync === 'everysec';
    const ground = { ...options, powerCuts: losesSeconds };
    const { home, skywire } = site;
    const storm = startStorm({
      plan: planOf(options.seed, lengthMs, ground),
      home,
      skywire,
      ...crews,
      signal,
    });
    const watching = new AbortController();
    void showProgress(watching.signal, { begun, journal, hits: storm.hits, client: servers.home });
    await pause(lengthMs, undefined, { signal }).catch(() => undefined);
    const wasStopped = signal.aborted;
    await storm.done;
    for (const crew of all) crew.wake();
    const unrest: string[] = [];
    const settle = <Result>(what: string, work: Promise<Result>) =>
      work.catch((error: Error) => void unrest.push(`${what}: ${error.message}`));
    await settle('producer', producer.stop());
    const seconds = (performance.now() - begun) / 1_000;
    await settle(
      'processes',
      eventually(() => mustBeWhole(all), { withinMs: WHOLE_WITHIN_MS }),
    );
    const calmMs = (await settle('pipeline', quiet(servers, CALM_WITHIN_MS))) ?? CALM_WITHIN_MS;
    watching.abort();
    const judgement = await judge({
      journal,
      traffic,
      redis: servers.home,
      webUrl: judgesWeb.url,
      ...(losesSeconds && { isKept: await keptOrInexcusable({ servers, journal }, storm.deaths) }),
    });
    const audit = await runCommand('audit', site.env);
    const failedInMatches = (await jobsOf(servers.home, 'matches')).failed;
    return {
      seconds,
      wasStopped,
      attempted: journal.attempted(),
      judgement,
      gone: journal.count('ok') - judgement.ok,
      cutBytes: storm.cutBytes(),
      failedInMatches,
      audit,
      hits: storm.hits,
      started: Object.fromEntries(all.map((crew) => [crew.name, crew.started()])),
      surprises: all.flatMap((crew) => crew.surprises),
      unrest,
      calmMs,
      journal,
    };
  } finally {
    for (const crew of all) crew.dismiss();
    sender.disconnect();
    await endRoles();
    await site.stop();
  }
}

function startCrews({ pumps, workers }: ChaosOptions, { env, pumpEnv, relayEnv }: ChaosSite) {
  return {
    pumps: startCrew('pump', pumps, pumpEnv),
    workers: startCrew('worker', workers, env),
    webs: startCrew('web', 1, env),
    relays: relayEnv && startCrew('relay', 1, relayEnv),
  };
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

function mustBeWhole(crews: readonly Crew[]): void {
  for (const crew of crews) if (!crew.isWhole()) throw new Error(`not every ${crew.name} is ready`);
}
