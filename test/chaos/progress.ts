/** How the storm is getting on: one line that changes in a terminal, elsewhere a line a minute. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { createProgress } from '../../src/tools/progress.ts';
import type { Journal } from '../fixtures/journal.ts';
import { delivered } from '../fixtures/progress.ts';
import type { Blow } from './plan.ts';

interface Watched {
  begun: number;
  journal: Journal;
  hits: ReadonlyMap<Blow, number>;
  client: Redis | Cluster;
}

export async function showProgress(signal: AbortSignal, watched: Watched): Promise<void> {
  const { isTTY } = process.stdout;
  const progress = createProgress(process.stdout);
  const show = isTTY ? progress.show : (text: string) => void process.stdout.write(`${text}\n`);
  while (!signal.aborted) {
    await pause(isTTY ? 1_000 : 60_000, undefined, { signal }).catch(() => undefined);
    // While Redis is away there is nothing to show.
    if (!signal.aborted) await lineOf(watched).then(show, () => undefined);
  }
  progress.clear();
}

async function lineOf({ begun, journal, hits, client }: Watched): Promise<string> {
  const seconds = Math.round((performance.now() - begun) / 1_000);
  const blows = [...hits.values()].reduce((sum, count) => sum + count, 0);
  return `${seconds} s: ${journal.attempted()} sent, ${await delivered(client)} items, ${blows} blows`;
}
