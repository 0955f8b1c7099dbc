/** A job that refers to its entry gets it from the stream. */
import type { Entry } from '../queues/index.ts';
import { type Ports, Undelivered } from './ports.ts';

/** Why it is parked, and stays parked until the limit is raised. */
export const refusal = (bytes: number): string =>
  `Redis refuses its ${bytes} bytes (proto-max-bulk-len, or a limit of the service); it stays in the stream`;

const rejected = (detail: string) => new Undelivered(`rejected: ${detail}`, { final: true });

/** Throws Undelivered if the entry cannot be read, or Redis still refuses what `work` writes. */
export async function withEntry<Job extends { stream: string; entry: Entry }, Result>(
  job: Job,
  { kept }: Ports,
  work: (job: Job) => Promise<Result>,
): Promise<Result> {
  const { stream, entry } = job;
  if (entry.bytes === undefined) return work(job);
  const whole = await kept.fetch(stream, entry.id);
  if (typeof whole === 'string') throw rejected(whole);
  const done = await kept.attempt(entry.bytes, () => work({ ...job, entry: whole }));
  if (!done) throw rejected(refusal(entry.bytes));
  return done.result;
}
