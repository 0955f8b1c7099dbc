import {
  BATCH_VERSION,
  type Batch,
  batchSchema,
  encodeBatch,
  entryIdsOfBatch,
  type NewBatch,
  readableBatch,
} from './batch-data.ts';
import { defineQueue } from './define-queue.ts';
import { jobId } from './job-id.ts';

/** Job name of a replayed or split batch; its age says nothing about latency. */
export const REPLAYED_BATCH = 'replayed-batch';

export const matches = defineQueue({
  name: 'matches',
  label: 'In progress',
  description: 'Batches of matches on their way from the stream to the inboxes',
  version: BATCH_VERSION,
  schema: batchSchema,
  encode: encodeBatch,
  attempts: 'until-done',
  failed: 'fault',
  keepCompleted: 50,
  slots: 1,
  holdsEntries: true,
  entryIds: entryIdsOfBatch,
  readable: readableBatch,
  id: (batch: Batch | NewBatch) =>
    jobId('batch', batch.run ?? '', batch.stream, ...batch.entries.map((entry) => entry.id)),
  jobName: (batch: Batch | NewBatch) => (batch.run ? REPLAYED_BATCH : 'batch'),
});
