/** Streams that only an earlier, longer SKYWIRE_STREAM listed. */
import type { Lane } from '../lanes/lane.ts';
import type { Queues } from '../lanes/queues.ts';

/** Of each state; a lane holds few, since the pump pauses at MAX_WAITING_JOBS. */
const JOBS_LOOKED_INTO = 1_000;
const left = ['waiting', 'active', 'delayed', 'prioritized', 'failed'] as const;

/** Streams whose entries are in jobs of some lane, although SKYWIRE_STREAM does not list them. */
export async function unlistedStreams(
  { lanes }: Pick<Queues, 'lanes'>,
  listed: readonly string[],
): Promise<string[]> {
  const found = new Set((await Promise.all(lanes.map(streamsIn))).flat());
  return [...found].filter((stream) => !listed.includes(stream)).sort();
}

async function streamsIn({ queue }: Lane): Promise<string[]> {
  const jobs = await queue.getJobs([...left], 0, JOBS_LOOKED_INTO - 1);
  return jobs.flatMap((job) => {
    const { stream } = (job?.data ?? {}) as { stream?: unknown };
    return typeof stream === 'string' ? [stream] : [];
  });
}
