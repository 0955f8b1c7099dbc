import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { entrySchema, fromStream } from './entry.ts';
import { jobId } from './job-id.ts';

/** A batch of stream entries, oldest first. `run` names the replay or the split that made it: such a batch must run again. */
export const batchSchema = z.object({
  ...fromStream,
  entries: z.array(entrySchema).min(1),
  run: z.string().optional(),
});
export type Batch = z.infer<typeof batchSchema>;

export const matches = defineQueue({
  name: 'matches',
  description: 'Batches of matches on their way from the stream to the inboxes',
  schema: batchSchema,
  attempts: 'until-done',
  keepCompleted: 50,
  id: (batch) => jobId('batch', batch.run ?? '', batch.stream, ...batch.entries.map((entry) => entry.id)),
  jobName: (batch) => (batch.run ? 'replayed-batch' : 'batch'),
});
