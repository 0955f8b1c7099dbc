/** The web role over a real Redis, and a client that sends exactly what a test says. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Entry } from '../../queues/index.ts';
import { type queues as definitions, parseMatch } from '../../queues/index.ts';
import { createReading, noReading } from '../../src/bluesky/reading/reading.ts';
import type { Config } from '../../src/config/config.ts';
import { readSettings } from '../../src/config/settings.ts';
import { createErase } from '../../src/inbox/erase/erase.ts';
import { createErasures } from '../../src/inbox/erase/erased.ts';
import { createFeedTokens } from '../../src/inbox/feed-tokens.ts';
import { createInboxIds } from '../../src/inbox/ids/inbox-ids.ts';
import { createInboxList } from '../../src/inbox/inbox-list.ts';
import { createInboxReader } from '../../src/inbox/read/inbox-reader.ts';
import { createServed } from '../../src/inbox/served.ts';
import { createInboxWatch } from '../../src/inbox/watch/inbox-watch.ts';
import { createInboxWriter } from '../../src/inbox/write/inbox-writer.ts';
import { openQueues, type Queues } from '../../src/lanes/queues.ts';
import { createFigures } from '../../src/monitor/figures.ts';
import { startHistory } from '../../src/monitor/history.ts';
import { createReadings } from '../../src/monitor/readings.ts';
import { parkedByReason } from '../../src/parked/index/groups.ts';
import { type Parked, startParked } from '../../src/parked/parked.ts';
import { createDirectory } from '../../src/subscriptions/directory.ts';
import type { Live, LiveLimits } from '../../src/web/api/live/live.ts';
import type { HealthSource } from '../../src/web/http/health-routes.ts';
import { startWebServer } from '../../src/web/server.ts';
import type { TestRedis } from '../fixtures/redis.ts';

export const adminPassword = 'admin-Pw:1';
export const viewerPassword = 'viewer-Pw-1';
export const apiToken = 'tökén-1234567890';

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
export const asAdmin = { authorization: basic('admin', adminPassword) };
export const asViewer = { authorization: basic('viewer', viewerPassword) };
/** A header's text goes out as latin1: so that the token's UTF-8 arrives. */
export const asReader = { authorization: Buffer.from(`Bearer ${apiToken}`).toString('latin1') };

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: any; // oxlint-disable-line typescript/no-explicit-any
}

export type Headers = Record<string, string>;
export type Ask = (
  method: string,
  path: string,
  headers?: Headers,
  body?: string | object,
) => Promise<Answer>;

export function askAt(port: number): Ask {
  return (method, path, headers = {}, body) =>
    new Promise((resolve, reject) => {
      const payload = typeof body === 'object' ? JSON.stringify(body) : body;
      const all: Headers = {
        host: `127.0.0.1:${port}`,
        ...(typeof body === 'object' && { 'content-type': 'application/json' }),
        ...(payload !== undefined && { 'content-length': String(Buffer.byteLength(payload)) }),
        ...headers,
      };
      const options = {
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: all,
        setHost: false,
        agent: false as const,
      };
      const req = httpRequest(options, (res) => readAnswer(res, resolve, reject));
      req.on('error', reject);
      // As bytes: a string would take the headers along into UTF-8.
      req.end(payload === undefined ? undefined : Buffer.from(payload));
    });
}

export function readAnswer(
  res: IncomingMessage,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  const parts: Buffer[] = [];
  res.on('data', (part: Buffer) => parts.push(part));
  res.on('error', reject);
  res.on('end', () => {
    const text = Buffer.concat(parts).toString();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json });
  });
}

export interface TestWeb {
  ask: Ask;
  port: number;
  url: string;
  queues: Queues;
  live: Live;
  parked: Parked;
  /** Every line that was logged. */
  logged: string[];
  deliver(subscriber: string, ...matches: string[]): Promise<void>;
  stop(): Promise<void>;
}

export const locked: Config['access'] = { adminUser: 'admin', adminPassword, viewerPassword, apiToken };

export async function startWeb(
  redis: TestRedis,
  given: {
    access?: Config['access'];
    isLoopback?: boolean;
    publicUrl?: string;
    trustProxy?: string;
    checks?: HealthSource['checks'];
    environmentName?: string;
    media?: Config['media'];
    lookups?: Config['lookups'];
    liveLimits?: Partial<LiveLimits>;
    sampleEveryMs?: number;
    /** The list of queues, where it is not the product's. */
    definitions?: typeof definitions;
  } = {},
): Promise<TestWeb> {
  const client = redis.client({ maxRetriesPerRequest: 3 });
  const queues = openQueues(
    redis.client({ maxRetriesPerRequest: null, commandTimeout: 20_000 }),
    2,
    undefined,
    given.definitions && { list: given.definitions },
  );
  const writer = createInboxWriter(client, { maxItems: 0, maxAgeMs: 0, seenWindowMs: 86_400_000 });
  const logged: string[] = [];
  const { PUBLIC_URL: publicUrl, TRUST_PROXY: proxies } = readSettings({
    PUBLIC_URL: given.publicUrl,
    TRUST_PROXY: given.trustProxy,
  }).values;
  const { isLoopback = true } = given;
  const http = { host: '127.0.0.1', port: 0, healthPort: undefined, isLoopback, publicUrl, proxies };
  const registry = new Registry();
  const blocking = { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false };
  const watch = createInboxWatch({
    reader: redis.client(blocking),
    commands: client,
    onTrouble: () => undefined,
  });
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  const parked = startParked({ client, queues, log, windowMs: 86_400_000 });
  const takeReadings = createReadings({
    home: client,
    skywire: client,
    isTwoServers: false,
    queues,
    streams: ['skywire:matches'],
    group: 'skywire-inbox',
    windowMs: 86_400_000,
    readParked: () => parkedByReason(parked.index),
  });
  const figures = createFigures(client, queues, takeReadings);
  const history = startHistory(client, figures, given.sampleEveryMs);
  const inboxList = createInboxList(client);
  const feedTokens = createFeedTokens(client);
  const directory = createDirectory(client);
  const web = await startWebServer({
    config: {
      http,
      access: given.access ?? locked,
      lookups: given.lookups,
      media: given.media,
      ...(given.environmentName && { environmentName: given.environmentName }),
    },
    queues,
    inboxes: createInboxReader(client),
    inboxIds: createInboxIds(client),
    served: createServed(client),
    inboxList,
    erase: createErase({ client, list: inboxList, feedTokens, directory, rememberMs: 2 * 86_400_000 }),
    erasures: createErasures(client),
    feedTokens,
    watch,
    reading: given.lookups ? createReading(client, queues.enrich, given.lookups) : noReading,
    ...(given.liveLimits && { liveLimits: given.liveLimits }),
    directory,
    parked,
    overview: { figures, since: history.since },
    client,
    health: { checks: given.checks ?? (() => Promise.resolve({})), registry },
    log,
  });
  return {
    ask: askAt(web.port),
    port: web.port,
    url: web.url,
    queues,
    parked,
    logged,
    async deliver(subscriber, ...matches) {
      const deliveries = matches.map((json) => {
        const parsed = parseMatch(json);
        if ('malformed' in parsed) throw new Error(parsed.malformed);
        return { subscriber, match: parsed.match };
      });
      await writer.write(deliveries);
    },
    live: web.live,
    async stop() {
      await Promise.all([web.stop(), parked.stop(), history.stop()]);
      await watch.stop();
    },
  };
}

export interface Post {
  uri?: string;
  text?: string;
  author?: string;
  rawRecord?: string;
  score?: string;
}

/** The JSON text of a match; `rawRecord` and `score` stand in it as they are. */
export function matchJson(number: number, subscription = 'sub', post: Post = {}): string {
  const author = post.author ?? 'did:plc:aaaabbbbccccddddeeeeffff';
  const uri = post.uri ?? `at://${author}/app.bsky.feed.post/3kaaaaaaaa${number}`;
  const known = { uri, text: post.text ?? `post ${number}`, author, indexed_at: '2024-01-10T12:00:00Z' };
  const record = post.rawRecord ?? `{"$type":"app.bsky.feed.post","text":"post ${number}"}`;
  const postJson = `${JSON.stringify(known).slice(0, -1)},"raw_record":${record}}`;
  return `{"subscription_id":${JSON.stringify(subscription)},"match_score":${post.score ?? '0.5'},"post":${postJson}}`;
}

export const parkedMatch = (entry: Entry, detail = 'nobody registered for this subscription') => ({
  v: 1 as const,
  stream: 'skywire:matches',
  reason: 'unrouted' as const,
  detail,
  entry,
});
