/** A parked match (a dead letter), retried by its backoff or by an operator. */
import { DATA_VERSION, type ParkedMatch, retriedReasons, timeMsOf } from '../queues/index.ts';
import { deliver, type Refusal, readEntry, verdictOf } from './deliver.ts';
import { parkedMatch } from './deliver-batch.ts';
import { withEntry } from './kept.ts';
import { type Delivery, type Ports, type Processor, type Run, type Tally, Undelivered } from './ports.ts';
import { isSuspect, suspicion } from './suspicion.ts';
import { tally } from './tally.ts';

export const deliverParked: Processor<ParkedMatch> = async (parked, run, ports) => {
  // What cannot succeed by itself fails at once, with its reason; only an operator's retry runs it.
  if (run.attemptsMade === 0 && !retriedReasons.has(parked.reason)) throw undelivered(parked);
  if (isSuspect(run, parked.reason === 'suspect'))
    throw undelivered({ reason: 'suspect', detail: suspicion(run) });
  return withEntry(parked, ports, (whole) =>
    whole.subscriber === undefined
      ? deliverToAll(whole, run, ports)
      : deliverToOne(whole, whole.subscriber, ports),
  );
};

async function deliverToAll({ stream, entry }: ParkedMatch, run: Run, ports: Ports): Promise<Tally> {
  const [outcome] = await deliver([entry], ports);
  const whole = outcome!.refusals.find((refusal) => refusal.subscriber === undefined);
  if (whole) throw undelivered(whole);
  const single = outcome!.refusals.map((refusal) => parkedMatch(stream, entry, refusal));
  if (single.length) await ports.jobs.park(single);
  // Each retry adds pages of its own: those of the last one may still exist, completed.
  const pageRun = `${run.jobId} ${run.attemptsMade}`;
  const pages = outcome!.pages.map(
    (page) => ({ v: DATA_VERSION, stream, entry, page, run: pageRun }) as const,
  );
  if (pages.length) await ports.jobs.fanOut(pages);
  return tally([outcome!.verdict]);
}

async function deliverToOne({ entry }: ParkedMatch, subscriber: string, ports: Ports): Promise<Tally> {
  const read = readEntry(entry);
  if (!('match' in read)) throw undelivered(read);
  const receivedMs = timeMsOf(entry.id);
  const delivery: Delivery = { subscriber, match: read.match, receivedMs, result: undefined };
  await ports.inboxes.write([delivery]);
  const { result } = delivery;
  if (typeof result !== 'string') throw undelivered({ reason: 'rejected', detail: result!.refused });
  return tally([verdictOf(result)]);
}

const undelivered = ({ reason, detail }: Refusal): Undelivered =>
  new Undelivered(`${reason}: ${detail}`, { final: !retriedReasons.has(reason) });
