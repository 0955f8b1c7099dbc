import type { z } from 'zod';

/** `data` goes into the job; `payload` is stored separately. */
export interface Encoded {
  data: object;
  payload?: Uint8Array;
}

/** Everything that workers, pump, dashboard, metrics and tools need to know about a queue. */
export interface QueueTraits {
  name: string;
  /** Its group on the dashboard. */
  label: string;
  /** Shown on the dashboard. */
  description: string;
  /** The newest data version that this build reads. */
  version: number;
  /** From a job's data to what its processor gets. */
  schema: z.ZodType;
  /** `until-done`: unlimited. `delivery`: DELIVERY_ATTEMPTS, then the job stays failed until an operator retries it. */
  attempts: 'until-done' | 'delivery';
  /** What a failed job is: a dead letter that waits for an operator, or a fault that raises the alert for failed jobs. */
  failed: 'dead-letter' | 'fault';
  /** Completed jobs kept for the dashboard. Failed ones are kept until an operator removes them. */
  keepCompleted: number;
  /** Its maximum share of WORKER_CONCURRENCY, which all queues of a worker share; at least one job at a time. */
  slots: number;
  /**
   * Instead of `slots`: jobs at once in addition to WORKER_CONCURRENCY. They take no slots from deliveries, do not count as deliveries,
   * and always complete: what failed is requested again.
   */
  beside?: { jobs: number };
  /** Whether entries of unfinished jobs must stay in the stream: the trimmer spares them, an audit counts them as in flight. */
  holdsEntries: boolean;
  /** Ids of a job's stream entries, oldest first, from its data in Redis; none if it was changed by hand. */
  entryIds(data: unknown): readonly string[];
  /** Data in a readable form for the dashboard; undefined: shown as it is. */
  readable?(data: unknown): object | undefined;
}

/** `New`: what a job is created from, if that differs from what its processor gets. */
export interface QueueDefinition<Name extends string = string, Data = unknown, New = Data>
  extends QueueTraits {
  name: Name;
  schema: z.ZodType<Data>;
  encode: (data: New) => Encoded;
  id: (data: New) => string;
  jobName: (data: New) => string;
}

export function defineQueue<const Name extends string, Data, New = Data>(
  definition: QueueDefinition<Name, Data, New>,
): QueueDefinition<Name, Data, New> {
  return definition;
}
