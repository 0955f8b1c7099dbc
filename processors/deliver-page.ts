/** One match for one page of the subscribers of a big topic. */
import type { FanoutPage } from '../queues/index.ts';
import { readEntry } from './deliver.ts';
import { parkedMatch } from './deliver-batch.ts';
import { type Processor, Undelivered } from './ports.ts';
import { isSuspect, suspicion } from './suspicion.ts';
import { tally } from './tally.ts';

export const deliverPage: Processor<FanoutPage> = async ({ stream, entry, page }, run, ports) => {
  if (isSuspect(run)) throw new Undelivered(`suspect: ${suspicion(run)}`, { final: true });
  const read = readEntry(entry);
  if (!('match' in read)) throw new Undelivered(`${read.reason}: ${read.detail}`, { final: true });
  const { match } = read;
  const subscribers = await ports.router.subscribersOf(match.subscriptionId, page);
  const results = await ports.inboxes.write(subscribers.map((subscriber) => ({ subscriber, match })));
  const refused = results.flatMap((result, at) =>
    typeof result === 'string'
      ? []
      : [
          parkedMatch(stream, entry, {
            reason: 'rejected',
            detail: result.refused,
            subscriber: subscribers[at]!,
          }),
        ],
  );
  if (refused.length) await ports.jobs.park(refused);
  return tally(results.map((result) => (typeof result === 'string' ? result : 'parked')));
};
