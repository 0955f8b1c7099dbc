/** What happens in the business, each with its counter and its log line together. */
import { parkingReasons, queueNames } from '../../queues/index.ts';
import { type Logger, limitRepeats, quote } from './logger.ts';
import type { Metrics } from './metrics.ts';

export type Events = ReturnType<typeof createEvents>;

export function createEvents(log: Logger, metrics: Metrics) {
  const trouble = limitRepeats((text, leftOut) => log.warn(leftOut ? { leftOut } : {}, text));
  return {
    /** Counters that stand at 0 from the start: an increase from nothing to 1 is none to Prometheus. */
    workerStarts() {
      for (const queue of queueNames) {
        metrics.triedAgain.inc({ queue }, 0);
        metrics.postponed.inc({ queue }, 0);
      }
      for (const reason of parkingReasons) metrics.parked.inc({ reason }, 0);
    },
    entriesRead(count: number) {
      metrics.entriesRead.inc(count);
    },
    entriesReclaimed(count: number, stream: string) {
      metrics.entriesReclaimed.inc(count);
      log.info({ stream, count }, 'took over pending entries');
    },
    readAgain(from: string, stream: string) {
      log.warn({ stream, from }, 'Redis of queues and inboxes was restarted: reading again from before that');
    },
    canaryGivenUp() {
      log.warn(
        'no canary: Redis does not let the pump append to the stream (+xadd), so nothing of ours is sent through',
      );
    },
    vanished(count: number) {
      log.warn(
        { count },
        'jobs were removed by hand, and their entries with them: npm run audit -- --repair finds and replays them',
      );
    },
    trimmed(count: number, stream: string) {
      metrics.trimmed.inc(count);
      log.debug({ stream, count }, 'trimmed what nobody needs any more');
    },
    /** The only event that means a loss: the exact ids, always. */
    entriesLost(ids: readonly string[], stream: string) {
      metrics.entriesLost.inc(ids.length);
      log.error({ stream, ids }, 'LOST: these entries were trimmed from the stream before they were read');
    },
    verdicts(queue: string, tally: Partial<Record<string, number>>) {
      for (const [verdict, count] of Object.entries(tally))
        metrics.verdicts.inc({ queue, verdict }, count ?? 0);
    },
    parked(reason: string, entryId: string, detail: string) {
      metrics.parked.inc({ reason });
      log.warn({ reason, entry: entryId, detail: quote(detail) }, 'parked a match');
    },
    postponed(queue: string, error: Error) {
      metrics.postponed.inc({ queue });
      trouble(`${queue}: a job is put off, it will be tried again: ${quote(error.message)}`);
    },
    triedAgain(queue: string) {
      metrics.triedAgain.inc({ queue });
    },
    jobEnded(queue: string, outcome: 'done' | 'postponed' | 'failed', seconds: number) {
      metrics.jobDuration.observe({ queue, outcome }, seconds);
    },
    batchSettled(entries: number) {
      metrics.batchSize.observe(entries);
    },
    /** A stream id begins with the time at which it was appended, by Redis' clock. */
    settled(queue: string, ids: readonly string[]) {
      const now = Date.now();
      const latency = metrics.latency.labels({ queue });
      for (const id of ids) {
        const seconds = (now - Number.parseInt(id, 10)) / 1_000;
        if (Number.isFinite(seconds)) latency.observe(Math.max(0, seconds));
      }
    },
    braked(isBraked: boolean, why: string) {
      metrics.pumpBraked.set(isBraked ? 1 : 0);
      log.info(isBraked ? `the pump waits: ${why}` : 'the pump reads again');
    },
    trouble(where: string, error: Error) {
      metrics.errors.inc();
      trouble(`${where}: ${quote(error.message || (error as NodeJS.ErrnoException).code || error.name)}`);
    },
  };
}
