/** The systems that are measured side by side. Each turns the stream's entries into the same inboxes, as well as it can. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';

export interface System {
  name: string;
  /** Processes: the product's roles, or a baseline of `baselines.ts`. */
  processes: string[][];
}

const script = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const main = script('../src/main.js');
const baselines = script('baselines.js');

export const systems: System[] = [
  {
    name: 'skywire-inbox (pump + worker)',
    processes: [
      [main, 'pump'],
      [main, 'worker'],
    ],
  },
  { name: 'hand-written XREADGROUP loop', processes: [[baselines, 'loop']] },
  {
    name: 'a job a match, addBulk',
    processes: [
      [baselines, 'add-bulk'],
      [baselines, 'job-worker'],
    ],
  },
  {
    name: 'a job a match, queue.add',
    processes: [
      [baselines, 'add'],
      [baselines, 'job-worker'],
    ],
  },
];

/** Seconds from the start of the processes' work to the last item in its inbox. */
export async function measure(
  system: System,
  redis: Redis,
  url: string,
  inboxes: readonly string[],
  expected: number,
): Promise<number> {
  const children = system.processes.map((args) => start(args, url));
  try {
    // The backlog is there; what counts begins with the first item, so that starting node is not measured.
    const began = await reach(redis, inboxes, 1);
    const ended = await reach(redis, inboxes, expected);
    return (ended - began) / 1_000;
  } finally {
    await Promise.all(children.map(end));
  }
}

function start(args: string[], url: string): ChildProcess {
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { REDIS_URL: url, LOG_LEVEL: 'error' },
  });
}

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

async function reach(redis: Redis, inboxes: readonly string[], wanted: number): Promise<number> {
  const deadline = performance.now() + 300_000;
  for (;;) {
    const pipeline = redis.pipeline();
    for (const inbox of inboxes) pipeline.xlen(inbox);
    const replies = (await pipeline.exec())!;
    const total = replies.reduce((sum, [, length]) => sum + Number(length), 0);
    if (total >= wanted) return performance.now();
    if (performance.now() > deadline) throw new Error(`only ${total} of ${wanted} items arrived`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
