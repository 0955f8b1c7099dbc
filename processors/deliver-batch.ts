/** A batch of matches. A refused entry is parked and the batch goes on; a batch that crashes its workers is split. */
import { type Batch, DATA_VERSION, type Entry, type ParkedMatch } from '../queues/index.ts';
import { deliver, type Outcome, type Refusal } from './deliver.ts';
import type { Jobs, Ports, Processor, Run, Tally } from './ports.ts';
import { isSuspect, suspicion } from './suspicion.ts';
import { tally } from './tally.ts';

/** Fewer than for a single match: splitting a batch costs its readers nothing. */
const STALLS_BEFORE_SPLIT = 2;
const PIECE = 50;

export const deliverBatch: Processor<Batch> = async (batch, run, ports) => {
  const isAlone = batch.entries.length === 1;
  if (isAlone ? isSuspect(run) : run.stalls >= STALLS_BEFORE_SPLIT) {
    return takeApart(batch, run, ports.jobs, suspicion(run));
  }
  try {
    return await deliverEntries(batch, run, ports);
  } catch (error) {
    if (run.signal.aborted || ports.isOutage(error)) throw error;
    return takeApart(batch, run, ports.jobs, `unexpected error: ${String(error)}`);
  }
};

async function deliverEntries({ stream, entries }: Batch, run: Run, ports: Ports): Promise<Tally> {
  const outcomes = await deliverInPieces(entries, ports);
  const refused = outcomes.flatMap((outcome, at) =>
    outcome.refusals.map((refusal) => parkedMatch(stream, entries[at]!, refusal)),
  );
  if (refused.length) await ports.jobs.park(refused);
  const pages = outcomes.flatMap((outcome, at) =>
    outcome.pages.map(
      (page) => ({ v: DATA_VERSION, stream, entry: entries[at]!, page, run: run.jobId }) as const,
    ),
  );
  if (pages.length) await ports.jobs.fanOut(pages);
  return tally(outcomes.map((outcome) => outcome.verdict));
}

/** Parses the next piece while the inboxes write the one before. */
async function deliverInPieces(entries: readonly Entry[], ports: Ports): Promise<Outcome[]> {
  const pieces: Promise<Outcome[]>[] = [];
  for (let at = 0; at < entries.length; at += PIECE) {
    const piece = deliver(entries.slice(at, at + PIECE), ports);
    // Awaited below; this only prevents an unhandled rejection until then.
    piece.catch(() => undefined);
    pieces.push(piece);
    await new Promise(setImmediate);
  }
  return (await Promise.all(pieces)).flat();
}

/** Into single entries at once: halving would crash several workers for each half. The poison entry is parked. */
async function takeApart(batch: Batch, run: Run, jobs: Jobs, detail: string): Promise<Tally> {
  const { stream, entries } = batch;
  if (entries.length === 1) {
    await jobs.park([parkedMatch(stream, entries[0]!, { reason: 'suspect', detail })]);
    return { parked: 1 };
  }
  await jobs.resubmit(entries.map((entry) => ({ stream, entries: [entry], run: run.jobId })));
  return { resubmitted: entries.length };
}

export function parkedMatch(stream: string, entry: Entry, refusal: Refusal): ParkedMatch {
  return { v: DATA_VERSION, stream, entry, ...refusal };
}
