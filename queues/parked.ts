import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DATA_VERSION, entryIdIn, entrySchema, fromStream } from './entry.ts';
import { jobId } from './job-id.ts';

/**
 * Why a match could not be delivered. `malformed`: it is no match. `unrouted`: nobody registered for its subscription.
 * `rejected`: it is a match, but an inbox cannot take it. `suspect`: it ended the worker that handled it, again and again.
 */
export const parkingReasons = ['malformed', 'unrouted', 'rejected', 'suspect'] as const;
export type ParkingReason = (typeof parkingReasons)[number];

/** Only these can mend themselves, by somebody registering: they are tried again on their own. The others wait for a person. */
export const retriedReasons: ReadonlySet<ParkingReason> = new Set(['unrouted']);

/** One match that waits. `subscriber`: only this one did not get it; the others of the subscription did. */
export const parkedSchema = z.object({
  ...fromStream,
  reason: z.enum(parkingReasons),
  detail: z.string(),
  entry: entrySchema,
  subscriber: z.string().optional(),
});
export type ParkedMatch = z.infer<typeof parkedSchema>;

export const parked = defineQueue({
  name: 'parked',
  label: 'Waiting for a person',
  description:
    'Dead letters: matches that could not be delivered. The job name says why; repair the cause, then retry',
  version: DATA_VERSION,
  schema: parkedSchema,
  encode: (match) => ({ data: match }),
  attempts: 'delivery',
  failed: 'dead-letter',
  keepCompleted: 100,
  slots: 1,
  // A parked match carries its entry: the stream need not wait for an operator.
  holdsEntries: false,
  entryIds: entryIdIn,
  id: ({ stream, entry, subscriber }) =>
    jobId('parked', stream, entry.id, entry.data ?? JSON.stringify(entry.fields), subscriber ?? ''),
  jobName: ({ reason }) => reason,
});
