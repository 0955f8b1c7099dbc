import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import {
  entryIdIn,
  entrySchema,
  fromStream,
  isReference,
  NEWEST_DATA_VERSION,
  withVersion,
} from './entry.ts';
import { jobId } from './job-id.ts';

/**
 * Why a match could not be delivered. `malformed`: not a valid match. `unrouted`: nobody registered for its subscription.
 * `rejected`: an inbox cannot store it. `suspect`: it repeatedly crashed the worker handling it.
 */
export const parkingReasons = ['malformed', 'unrouted', 'rejected', 'suspect'] as const;
export type ParkingReason = (typeof parkingReasons)[number];

/** Retried automatically, since somebody may register. The others need an operator. */
export const retriedReasons: ReadonlySet<ParkingReason> = new Set(['unrouted']);

/** One undelivered match (a dead letter). `subscriber`: the only one missing it; the subscription's others have it. */
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
  label: 'Needs an operator',
  description:
    'Dead letters: matches that could not be delivered. The job name says why; fix the cause, then retry',
  version: NEWEST_DATA_VERSION,
  schema: parkedSchema,
  encode: withVersion,
  attempts: 'delivery',
  failed: 'dead-letter',
  keepCompleted: 100,
  slots: 1,
  // It carries its entry, so the stream can be trimmed before an operator acts; if it only refers to it, the trimmer spares the entry.
  holdsEntries: false,
  entryIds: entryIdIn,
  id: ({ stream, entry, subscriber }) =>
    jobId(
      'parked',
      stream,
      entry.id,
      isReference(entry) ? 'by reference' : (entry.data ?? JSON.stringify(entry.fields)),
      subscriber ?? '',
    ),
  jobName: ({ reason }) => reason,
});
