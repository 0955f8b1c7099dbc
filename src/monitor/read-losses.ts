/** What the pump noted about losses within the replay window, and what it means for an operator. */
import { howToRun } from '../config/invocation.ts';
import { redisNow } from '../redis/clock.ts';
import type { RedisClient } from '../redis/connections.ts';
import { type NotedLoss, notedLosses } from '../stream/loss-records.ts';

/** Of one stream. */
export interface LossReading {
  stream: string;
  /** Entries that were trimmed while they were pending. */
  pending: number;
  /** Entries that were removed before they were read; an unknown number counts as 1. */
  unread: number;
  /** Whether `unread` is exact. */
  isCounted: boolean;
  /** How often the queues' Redis had forgotten the cursor. */
  cursors: number;
  /** At the last such time: the id after which the stream was reread, and when, by the clock of the queues' Redis. */
  cursorFrom?: string;
  cursorAtMs?: number;
}

/** Some have hundreds of ids. */
const MOST_LOSSES = 200;

/** Of these streams, and of others that have losses: with a relay no stream is known. */
export async function readLosses(
  home: RedisClient,
  streams: readonly string[],
  windowMs: number,
): Promise<LossReading[]> {
  const sinceMs = Math.max(0, (await redisNow(home)) - windowMs);
  const losses = await notedLosses(home, { sinceMs, most: MOST_LOSSES });
  const all = new Set([...streams, ...losses.map(({ stream }) => stream)]);
  return [...all].map((stream) => readingOf(stream, losses));
}

function readingOf(stream: string, losses: readonly NotedLoss[]): LossReading {
  const reading: LossReading = { stream, pending: 0, unread: 0, isCounted: true, cursors: 0 };
  for (const loss of losses.filter((one) => one.stream === stream)) {
    if (loss.kind === 'pending') reading.pending += loss.ids.length;
    if (loss.kind === 'unread') {
      reading.unread += loss.entries ?? 1;
      reading.isCounted &&= loss.entries !== undefined;
    }
    if (loss.kind === 'cursor') {
      reading.cursors += 1;
      reading.cursorFrom ??= loss.from;
      reading.cursorAtMs ??= loss.atMs;
    }
  }
  return reading;
}

const number = new Intl.NumberFormat('en');
const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16)}Z`;

/** Findings for the overview. */
export function describeLosses(reading: LossReading) {
  const { stream, pending, unread, isCounted, cursors, cursorFrom, cursorAtMs = 0 } = reading;
  const findings: { what: string; remedy: string }[] = [];
  if (pending)
    findings.push({
      what: `${number.format(pending)} entries of ${stream} were trimmed while they were pending: lost.`,
      remedy: `${howToRun('audit')} names them. Another program trims the stream: find it, and raise its MAXLEN.`,
    });
  if (unread)
    findings.push({
      what: `${isCounted ? '' : 'At least '}${number.format(unread)} entries of ${stream} were removed by another program before they were read: lost.`,
      remedy: `${howToRun('audit')} names the ids between which they were. Find what trims or deletes (XTRIM, XADD … MAXLEN, XDEL, DEL), and stop it or raise its limit.`,
    });
  if (cursors)
    findings.push({
      what: `At ${timeOf(cursorAtMs)} the Redis of queues and inboxes had forgotten how far ${stream} was read: it was emptied, restored from an old copy, or its keys were deleted.`,
      remedy: `What the stream still held after ${cursorFrom} was delivered again. Older items, read marks, registrations and tokens are not in the stream: restore them from a backup.`,
    });
  return findings;
}
