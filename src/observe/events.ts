/** Business events, each with its counter and log line. */
import { type LookupKind, lookupKinds, parkingReasons, queueNames, quote } from '../../queues/index.ts';
import { howToRun } from '../config/invocation.ts';
import { type Logger, limitRepeats } from './logger.ts';
import type { Metrics } from './metrics.ts';

export type Events = ReturnType<typeof createEvents>;

const BACKPRESSURE_SAID_EVERY_MS = 30_000;

export function createEvents(log: Logger, metrics: Metrics) {
  const trouble = limitRepeats((text, leftOut) => log.warn(leftOut ? { leftOut } : {}, text));
  // In a backlog the pump pauses and resumes many times a second.
  const backpressure = limitRepeats(
    (text, leftOut) => log.info(leftOut ? { leftOut } : {}, text),
    BACKPRESSURE_SAID_EVERY_MS,
  );
  const leftovers = new Set<string>();
  return {
    /** Logged once per process, since all its roles check. */
    leftover(queue: string, { unfinished, failed }: { unfinished: number; failed: number }) {
      if (leftovers.has(queue)) return;
      leftovers.add(queue);
      log.warn(
        { queue, unfinished, failed },
        'SKYWIRE_STREAM is shorter than before, and this queue still has jobs: workers finish them; failed ones wait at /parked',
      );
    },
    leftoverDone(queue: string) {
      if (leftovers.delete(queue)) log.info({ queue }, 'the leftover jobs of this queue are done');
    },
    /** Start at 0: Prometheus cannot see the first increment of a new series. */
    workerStarts() {
      for (const queue of queueNames) {
        metrics.triedAgain.inc({ queue }, 0);
        metrics.postponed.inc({ queue }, 0);
      }
      for (const kind of lookupKinds)
        for (const outcome of ['found', 'failed']) metrics.lookups.inc({ kind, outcome }, 0);
      for (const outcome of ['ok', 'unreachable']) metrics.lookupCalls.inc({ server: 'appview', outcome }, 0);
      for (const reason of parkingReasons) metrics.parked.inc({ reason }, 0);
    },
    /** No ordinary program writes such an entry: its Redis' clock was centuries off, or somebody chose the id. */
    itemsWithoutId(count: number) {
      if (count === 0) return;
      metrics.itemsWithoutId.inc(count);
      log.warn(
        { count },
        'items whose ids in the stream have no counterpart in the Google Reader API: feed readers that sync by it do not show them',
      );
    },
    pumpStarts() {
      metrics.pumpPaused.set(0);
    },
    entriesRead(count: number) {
      metrics.entriesRead.inc(count);
    },
    entriesReclaimed(count: number, stream: string) {
      metrics.entriesReclaimed.inc(count);
      log.info({ stream, count }, 'claimed pending entries of another consumer');
    },
    readAgain(from: string, stream: string) {
      log.warn({ stream, from }, 'the Redis of queues and inboxes restarted: rewound the consumer group');
    },
    streamReplaced(cursor: string, stream: string) {
      log.error(
        { stream, cursor },
        'this stream was deleted, or replaced by another, since the cursor was saved: reading it from its beginning',
      );
    },
    cursorLost(from: string, stream: string) {
      log.error(
        { stream, from },
        'FORGOT: the Redis of queues and inboxes no longer knows how far this stream was read (it was emptied, restored from an old copy, or ' +
          'its keys were deleted): rewound the consumer group, and everything after `from` that the stream still holds is delivered again',
      );
    },
    canarySent() {
      metrics.canariesSent.inc();
    },
    canaryGivenUp() {
      log.warn('canary disabled: the Redis user of the pump may not append to the stream (+xadd)');
    },
    vanished(count: number) {
      log.warn(
        { count },
        `jobs were removed by hand along with their entries: ${howToRun('audit', '--repair')} finds and replays them`,
      );
    },
    trimmed(count: number, stream: string) {
      metrics.trimmed.inc(count);
      log.debug({ stream, count }, 'trimmed the stream');
    },
    /** This and the next are the only events that mean data loss: always logs the exact ids. */
    entriesLost(ids: readonly string[], stream: string) {
      metrics.entriesLost.inc(ids.length);
      log.error({ stream, ids }, 'LOST: these entries were trimmed from the stream while they were pending');
    },
    /** `after` to `to`, the first id exclusive. */
    unreadEntriesLost(gap: { after: string; to: string; entries?: number | undefined }, stream: string) {
      metrics.unreadLost.inc(gap.entries ?? 1);
      const { entries = 'unknown how many' } = gap;
      log.error(
        { stream, ...gap, entries },
        'LOST: entries between these ids were removed from the stream by another program before they were read',
      );
    },
    unreadLossesUnseen(stream: string) {
      log.warn(
        { stream },
        'cannot tell whether another program removes entries before they are read: the Redis user of the pump may not run XINFO STREAM (+xinfo|stream)',
      );
    },
    refused(stream: string, entry: string, bytes: number) {
      log.error(
        { stream, entry, bytes },
        "the queues' Redis refuses an entry of this size (proto-max-bulk-len, or a limit of the service): it stays in the stream and is parked by reference. Raise the limit, then retry it on /parked",
      );
    },
    verdicts(queue: string, tally: Partial<Record<string, number>>) {
      for (const [verdict, count] of Object.entries(tally))
        metrics.verdicts.inc({ queue, verdict }, count ?? 0);
    },
    /** By kind; a name from outside never becomes a label. */
    lookups(kind: string, tally: Partial<Record<string, number>>) {
      if (!lookupKinds.includes(kind as LookupKind)) return;
      for (const [outcome, count] of Object.entries(tally))
        metrics.lookups.inc({ kind, outcome }, count ?? 0);
    },
    lookupCall(server: string, outcome: string) {
      metrics.lookupCalls.inc({ server, outcome });
    },
    serverLeftAlone(server: string, detail: string) {
      trouble(`lookups: a server (${server}) keeps failing, no calls to it for 15 s: ${quote(detail)}`);
    },
    parked(reason: string, entryId: string, detail: string) {
      metrics.parked.inc({ reason });
      log.warn({ reason, entry: entryId, detail: quote(detail) }, 'parked a match');
    },
    postponed(queue: string, error: Error) {
      metrics.postponed.inc({ queue });
      trouble(`${queue}: outage, job delayed and will be retried: ${quote(error.message)}`);
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
    /** A stream id begins with the time of its XADD by Redis' clock. */
    settled(queue: string, ids: readonly string[]) {
      const now = Date.now();
      const latency = metrics.latency.labels({ queue });
      for (const id of ids) {
        const seconds = (now - Number.parseInt(id, 10)) / 1_000;
        if (Number.isFinite(seconds)) latency.observe(Math.max(0, seconds));
      }
    },
    maintained() {
      metrics.maintenanceRounds.inc();
    },
    paused(isPaused: boolean, why: string) {
      metrics.pumpPaused.set(isPaused ? 1 : 0);
      backpressure(isPaused ? `backpressure, the pump is paused: ${why}` : 'the pump has resumed');
    },
    trouble(where: string, error: Error) {
      metrics.errors.inc();
      trouble(`${where}: ${quote(error.message || (error as NodeJS.ErrnoException).code || error.name)}`);
    },
  };
}
