import { BATCH_VERSION, type Batch, batchSchema, encodeBatch, type NewBatch } from './batch-data.ts';
import { defineQueue } from './define-queue.ts';
import { jobId } from './job-id.ts';

export const matches = defineQueue({
  name: 'matches',
  description: 'Batches of matches on their way from the stream to the inboxes',
  version: BATCH_VERSION,
  schema: batchSchema,
  encode: (batch: NewBatch) => encodeBatch(batch),
  attempts: 'until-done',
  keepCompleted: 50,
  id: (batch: Batch | NewBatch) =>
    jobId('batch', batch.run ?? '', batch.stream, ...batch.entries.map((entry) => entry.id)),
  jobName: (batch: Batch | NewBatch) => (batch.run ? 'replayed-batch' : 'batch'),
});
