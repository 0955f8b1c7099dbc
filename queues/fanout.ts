import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { entryIdIn, entrySchema, fromStream, NEWEST_DATA_VERSION, withVersion } from './entry.ts';
import { jobId } from './job-id.ts';

/** An inclusive range of subscriber names in byte order. */
export const pageSchema = z.object({ first: z.string(), last: z.string() });
export type SubscriberPage = z.infer<typeof pageSchema>;

/** One match for one page of a large topic's subscribers. `run`: the batch it came from. */
export const fanoutSchema = z.object({
  ...fromStream,
  entry: entrySchema,
  page: pageSchema,
  run: z.string(),
});
export type FanoutPage = z.infer<typeof fanoutSchema>;

export const fanout = defineQueue({
  name: 'fanout',
  label: 'In progress',
  description: 'One match for one page of the subscribers of a big topic',
  version: NEWEST_DATA_VERSION,
  schema: fanoutSchema,
  encode: withVersion,
  attempts: 'until-done',
  failed: 'fault',
  keepCompleted: 100,
  // A large topic has hundreds of long pages, which must not delay other matches.
  slots: 1 / 4,
  holdsEntries: true,
  entryIds: entryIdIn,
  id: ({ run, stream, entry, page }) => jobId('page', run, stream, entry.id, page.first, page.last),
  jobName: () => 'page',
});
