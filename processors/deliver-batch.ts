/** A batch of matches. A refused entry is parked and the batch goes on; a batch that kills its workers is taken apart. */
import { type Batch, DATA_VERSION, type Entry, type ParkedMatch } from '../queues/index.ts';
import { deliver, type Refusal } from './deliver.ts';
import type { Jobs, Processor, Run } from './ports.ts';
import { tally } from './tally.ts';

/** Random crashes stall a batch once or twice; one that stalls more often has an entry that ends its worker. */
const STALLS_BEFORE_SPLIT = 3;
/** A single entry gets more chances: parking it keeps it from its readers until a person looks. */
const STALLS_BEFORE_SUSPICION = 5;

export const deliverBatch: Processor<Batch> = async (batch, run, ports) => {
  const { entries } = batch;
  if (entries.length > 1 && run.stalls >= STALLS_BEFORE_SPLIT) return split(batch, run, ports.jobs);
  if (entries.length === 1 && run.stalls >= STALLS_BEFORE_SUSPICION) return suspect(batch, run, ports.jobs);

  const outcomes = await deliver(entries, ports);
  const refused = outcomes.flatMap((outcome, at) =>
    outcome.refusals.map((refusal) => parkedMatch(batch.stream, entries[at]!, refusal)),
  );
  if (refused.length) await ports.jobs.park(refused);
  const pages = outcomes.flatMap((outcome, at) =>
    outcome.pages.map(
      (page) =>
        ({ v: DATA_VERSION, stream: batch.stream, entry: entries[at]!, page, run: run.jobId }) as const,
    ),
  );
  if (pages.length) await ports.jobs.fanOut(pages);
  return tally(outcomes.map((outcome) => outcome.verdict));
};

export function parkedMatch(stream: string, entry: Entry, refusal: Refusal): ParkedMatch {
  return { v: DATA_VERSION, stream, entry, ...refusal };
}

async function split(batch: Batch, run: Run, jobs: Jobs) {
  const middle = Math.ceil(batch.entries.length / 2);
  const halves = [batch.entries.slice(0, middle), batch.entries.slice(middle)];
  await jobs.resubmit(halves.map((entries) => ({ ...batch, entries, run: run.jobId })));
  return { resubmitted: batch.entries.length };
}

async function suspect(batch: Batch, run: Run, jobs: Jobs) {
  const detail = `its worker ended ${run.stalls} times while it handled this match; retry it once the cause is known`;
  await jobs.park([parkedMatch(batch.stream, batch.entries[0]!, { reason: 'suspect', detail })]);
  return { parked: 1 };
}
