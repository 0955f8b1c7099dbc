/** `npm run bench`: every system on one machine and one Redis (AOF everysec), rounds interleaved, medians and ratios of one run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import {
  type Command,
  HelpAsked,
  type Option,
  parseCommandLine,
  UsageError,
} from '../src/config/command-line.ts';
import { wholeNumber } from '../src/config/parsers.ts';
import { encodeName, inboxKeys } from '../src/redis/keys.ts';
import { useOwnServer } from '../src/redis/own-server.ts';
import { madeUpPosts } from '../src/skywire/made-up-posts.ts';
import { measure, systems } from './systems.ts';

const command = {
  usage: 'npm run bench',
  about: 'Matches per second from a backlog in the stream to the inboxes, side by side with simpler designs.',
  options: {
    matches: { reader: wholeNumber(100, 10_000_000), default: 20_000, meaning: 'matches a round' },
    rounds: { reader: wholeNumber(1, 100), default: 3, meaning: 'rounds of each system' },
    inboxes: { reader: wholeNumber(1, 100_000), default: 100, meaning: 'inboxes they go to' },
    json: { meaning: 'the result as JSON' },
  },
} satisfies Command<Record<string, Option<unknown>>>;

async function bench(argv: string[]): Promise<void> {
  const options = parseCommandLine(command, argv) as {
    matches: number;
    rounds: number;
    inboxes: number;
    json: boolean;
  };
  const dataDir = mkdtempSync(join(tmpdir(), 'skywire-inbox-bench-'));
  const server = await useOwnServer({ dataDir, mayInstall: false, say: () => undefined });
  if (server.address.kind !== 'socket') throw new Error('the own server has a socket');
  const redis = new Redis({ path: server.address.path });
  const url = `unix://${encodeURI(server.address.path)}`;
  const perSecond = new Map<string, number[]>(systems.map(({ name }) => [name, []]));
  try {
    for (let round = 0; round < options.rounds; round += 1) {
      for (const system of systems) {
        await redis.flushall();
        const keys = await fill(redis, options);
        const seconds = await measure(system, redis, url, keys, options.matches);
        perSecond.get(system.name)!.push(options.matches / seconds);
      }
    }
  } finally {
    redis.disconnect();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  print(perSecond, options.json);
}

/** The backlog. Returns the inboxes' keys. */
async function fill(
  redis: Redis,
  { matches, inboxes }: { matches: number; inboxes: number },
): Promise<string[]> {
  const names = Array.from({ length: inboxes }, (_, n) => `subscription-${n}`);
  const posts = madeUpPosts(1);
  for (let done = 0; done < matches; done += 500) {
    const pipeline = redis.pipeline();
    for (let n = done; n < Math.min(done + 500, matches); n += 1) {
      const post = posts.next().value;
      pipeline.xadd(
        'skywire:matches',
        '*',
        'data',
        JSON.stringify({ subscription_id: names[n % inboxes], match_score: 0.5, post }),
      );
    }
    await pipeline.exec();
  }
  return names.map((name) => inboxKeys(encodeName(name)!).items);
}

function print(perSecond: Map<string, number[]>, asJson: boolean): void {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
  const product = median([...perSecond.values()][0]!);
  const rows = [...perSecond].map(([name, values]) => ({
    name,
    median: Math.round(median(values)),
    least: Math.round(Math.min(...values)),
    most: Math.round(Math.max(...values)),
    ratio: Number((product / median(values)).toFixed(2)),
  }));
  if (asJson) {
    console.log(JSON.stringify(rows));
    return;
  }
  console.log(
    `${'matches per second'.padEnd(34)}${'median'.padStart(9)}${'least'.padStart(9)}${'most'.padStart(9)}   product ÷ it`,
  );
  for (const { name, median, least, most, ratio } of rows) {
    console.log(
      `${name.padEnd(34)}${String(median).padStart(9)}${String(least).padStart(9)}${String(most).padStart(9)}${ratio.toFixed(2).padStart(15)}`,
    );
  }
}

try {
  await bench(process.argv.slice(2));
} catch (error) {
  const isHelp = error instanceof HelpAsked;
  (isHelp ? console.log : console.error)((error as Error).message);
  process.exit(isHelp ? 0 : error instanceof UsageError ? 2 : 1);
}
