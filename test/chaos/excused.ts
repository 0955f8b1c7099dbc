/**
 * What a stream's server may have forgotten: the last seconds before it died, with `appendfsync everysec`. Nothing else that is not in
 * the stream any more is excused.
 */
import { keptInStream } from '../faults/kept.ts';
import type { World } from '../fixtures/world.ts';

/** A stopped server may have written nothing for some seconds before it died. */
const WINDOW_MS = 10_000;

/** `deaths`: in ms, by the clock of that server. */
export async function keptOrInexcusable(
  about: Pick<World, 'servers' | 'journal'>,
  deaths: readonly number[],
): Promise<(streamId: string) => boolean> {
  const { isKept } = await keptInStream(about);
  return (id) => {
    const ms = Number.parseInt(id, 10);
    return isKept!(id) || !deaths.some((at) => at - WINDOW_MS <= ms && ms <= at);
  };
}
