import type { JudgeOptions } from '../fixtures/judge.ts';
import { placeOf } from '../fixtures/producer.ts';
import type { World } from '../fixtures/world.ts';

/** What the server has kept: of what was confirmed, only that which the stream still holds must be delivered. */
export async function keptInStream({
  servers,
  journal,
}: Pick<World, 'servers' | 'journal'>): Promise<Partial<JudgeOptions> & { gone: number }> {
  const ids = new Set<string>();
  const { streams } = servers;
  for (const stream of streams) {
    let last = '';
    do {
      const page = await servers.skywire.xrange(stream, last ? `(${last}` : '-', '+', 'COUNT', 5_000);
      for (const [id] of page) ids.add(placeOf(streams, stream, id));
      last = page.at(-1)?.[0] ?? '';
    } while (last);
  }
  const isKept = (id: string) => ids.has(id);
  let gone = 0;
  for (let n = 0; n < journal.attempted(); n += 1)
    if (journal.fateOf(n) === 'ok' && !journal.idsOf(n).some(isKept)) gone += 1;
  return { isKept, gone };
}
