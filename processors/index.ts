/** The processor of each queue; a queue without one does not compile. */
import type { JobData } from '../queues/index.ts';
import { deliverBatch } from './deliver-batch.ts';
import { deliverPage } from './deliver-page.ts';
import { deliverParked } from './deliver-parked.ts';
import { enrich } from './enrich.ts';
import type { Processor } from './ports.ts';

export * from './ports.ts';

export const processors: { [Name in keyof JobData]: Processor<JobData[Name]> } = {
  matches: deliverBatch,
  parked: deliverParked,
  fanout: deliverPage,
  enrich,
};
