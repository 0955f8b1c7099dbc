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
import { isReference } from './entry.ts';
import { jobId } from './job-id.ts';

/** Job name of a replayed or split batch; its age says nothing about latency. */
export const REPLAYED_BATCH = 'replayed-batch';

/** An entry that comes by reference gets another job id. */
const nameOf = (entry: Batch['entries'][number] | NewBatch['entries'][number]): string =>
  isReference(entry) ? `${entry.id} by reference` : entry.id;

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
    jobId('batch', batch.run ?? '', batch.stream, ...batch.entries.map(nameOf)),
  jobName: (batch: Batch | NewBatch) => (batch.run ? REPLAYED_BATCH : 'batch'),
});
