/** A batch of matches. A refused entry is parked and the batch goes on; a batch that kills its workers is taken apart. */
import { type Batch, DATA_VERSION, type Entry, type ParkedMatch } from '../queues/index.ts';
import { deliver, type Outcome, type Refusal } from './deliver.ts';
import type { Jobs, Ports, Processor, Run, Tally } from './ports.ts';
import { isSuspect, suspicion } from './suspicion.ts';
import { tally } from './tally.ts';

/** Fewer than for a single match: taking a batch apart keeps nothing from its readers. */
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

/** While the inboxes take one piece, the next one is read: neither waits for the other. */
async function deliverInPieces(entries: readonly Entry[], ports: Ports): Promise<Outcome[]> {
  const pieces: Promise<Outcome[]>[] = [];
  for (let at = 0; at < entries.length; at += PIECE) {
    const piece = deliver(entries.slice(at, at + PIECE), ports);
    // Awaited below; until then nobody would hear of its failure.
    piece.catch(() => undefined);
    pieces.push(piece);
    await new Promise(setImmediate);
  }
  return (await Promise.all(pieces)).flat();
}

/** Into single entries, at once: halving would cost a few dead workers for each half. The one that does the harm is parked. */
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
