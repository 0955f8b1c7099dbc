/** Replays what an audit found missing. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { readEntry } from '../stream/window.ts';
import { type AuditOptions, type AuditResult, audit } from './audit.ts';
import { type ReplayOptions, resubmit } from './replay.ts';

const REPAIR_LOOKS = 60;

/** Replays the missing entries, then audits until they are there or a minute has passed. */
export async function repair(
  about: AuditOptions,
  found: AuditResult,
  work: Pick<ReplayOptions, 'batchSize' | 'maxWaitingJobs'>,
): Promise<AuditResult> {
  const run = `repair-${randomUUID()}`;
  for (const id of new Set(found.missing.map((one) => one.id))) {
    const entry = await readEntry(about.skywire, about.stream, id);
    if (entry) await resubmit({ ...about, ...work }, run, [entry]);
  }
  let again = found;
  for (let look = 0; look < REPAIR_LOOKS; look += 1) {
    again = await audit(about);
    if (!again.counts.missing && !again.counts.in_flight) break;
    await pause(1_000);
  }
  return again;
}
