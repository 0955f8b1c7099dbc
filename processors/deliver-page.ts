/** One match for one page of the subscribers of a big topic. */
import { type FanoutPage, timeMsOf } from '../queues/index.ts';
import { readEntry, refusalsOf, verdictOf } from './deliver.ts';
import { parkedMatch } from './deliver-batch.ts';
import { withEntry } from './kept.ts';
import { type Delivery, type Ports, type Processor, type Tally, Undelivered } from './ports.ts';
import { isSuspect, suspicion } from './suspicion.ts';
import { tally } from './tally.ts';

export const deliverPage: Processor<FanoutPage> = async (job, run, ports) => {
  if (isSuspect(run)) throw new Undelivered(`suspect: ${suspicion(run)}`, { final: true });
  return withEntry(job, ports, (whole) => deliverWhole(whole, ports));
};

async function deliverWhole({ stream, entry, page }: FanoutPage, ports: Ports): Promise<Tally> {
  const read = readEntry(entry);
  if (!('match' in read)) throw new Undelivered(`${read.reason}: ${read.detail}`, { final: true });
  const { match } = read;
  const subscribers = await ports.router.subscribersOf(match.subscriptionId, page);
  const receivedMs = timeMsOf(entry.id);
  const deliveries: Delivery[] = subscribers.map((subscriber) => ({
    subscriber,
    match,
    receivedMs,
    result: undefined,
  }));
  await ports.inboxes.write(deliveries);
  const refused = refusalsOf(deliveries).map((refusal) => parkedMatch(stream, entry, refusal));
  if (refused.length) await ports.jobs.park(refused);
  return tally(deliveries.map(({ result }) => (typeof result === 'string' ? verdictOf(result) : 'parked')));
}
