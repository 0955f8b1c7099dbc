/** `npm run bench`: the one place where speed is shown. Everything on one machine and one Redis, in one run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { HelpAsked, UsageError } from '../src/config/command-line.ts';
import { thisMachine } from './machine.ts';
import { type Options, parseBench, type SuiteName, suiteNames } from './options.ts';
import { printMachine, printResult, type Result } from './result.ts';
import type { Say } from './rounds.ts';
import { cluster } from './suites/cluster.ts';
import { curves } from './suites/curves.ts';
import { fanout } from './suites/fanout.ts';
import { inbox } from './suites/inbox.ts';
import { latency } from './suites/latency.ts';
import { lookups } from './suites/lookups.ts';
import { memory } from './suites/memory.ts';
import { measureRelay } from './suites/relay.ts';
import { scale } from './suites/scale.ts';
import { throughput } from './suites/throughput.ts';
import { openWorld, type World } from './world.ts';

const suites: Record<SuiteName, (world: World, options: Options, say: Say) => Promise<Result>> = {
  throughput,
  latency,
  memory,
  fanout,
  scale,
  curves,
  inbox,
  relay: measureRelay,
  cluster,
  lookups,
};

async function bench(argv: string[]): Promise<void> {
  const options = parseBench(argv);
  const wanted = options.suite === 'all' ? suiteNames.filter((name) => name !== 'lookups') : [options.suite];
  const world = await openWorld();
  const machine = thisMachine(world.redisVersion);
  const results: Result[] = [];
  try {
    if (!options.json) console.log(`${printMachine(machine)}\n`);
    for (const name of wanted) {
      const result = await suites[name](world, options, progress);
      results.push(result);
      progress('');
      if (!options.json) console.log(printResult(result));
      if (options.charts) writeCharts(result);
    }
  } finally {
    await world.stop();
  }
  if (options.json) {
    const found = results.map(({ suite, about, tables, rounds }) => ({ suite, about, tables, rounds }));
    console.log(JSON.stringify({ machine, results: found }, undefined, 1));
  }
}

/** One line that is written over, on a terminal only. */
function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line.slice(0, process.stderr.columns - 1)}`);
}

function writeCharts({ charts }: Result): void {
  const folder = new URL('../../docs/charts/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const { name, svg } of charts) writeFileSync(new URL(`${name}.svg`, folder), svg);
}

try {
  await bench(process.argv.slice(2));
} catch (error) {
  const isHelp = error instanceof HelpAsked;
  const isUsage = error instanceof UsageError;
  if (isHelp) console.log(error.message);
  else console.error(isUsage ? error.message : error);
  process.exit(isHelp ? 0 : isUsage ? 2 : 1);
}
