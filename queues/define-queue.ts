import type { z } from 'zod';

/** What is put into the job; `payload`: bytes that are kept beside it. */
export interface Encoded {
  data: object;
  payload?: Uint8Array;
}

/** What is true of a queue, whatever its jobs hold: workers, pump, dashboard, metrics and tools go by this alone. */
export interface QueueTraits {
  name: string;
  /** Its group on the dashboard. */
  label: string;
  /** One line for the dashboard. */
  description: string;
  /** The newest version of the data that this build reads. */
  version: number;
  /** From a job's data to what its processor gets. */
  schema: z.ZodType;
  /** `until-done`: no number of tries uses a job up. `delivery`: DELIVERY_ATTEMPTS, then it waits as failed for an operator. */
  attempts: 'until-done' | 'delivery';
  /** What a failed job is: a dead letter that waits for an operator, or a fault that raises the alert for failed jobs. */
  failed: 'dead-letter' | 'fault';
  /** Completed jobs kept for the dashboard. Failed ones are kept until an operator removes them. */
  keepCompleted: number;
  /** Part of WORKER_CONCURRENCY that a worker gives to this queue, at least one job. */
  slots: number;
  /** Whether entries of unfinished jobs must stay in the stream: the trimmer spares them, an audit counts them as in flight. */
  holdsEntries: boolean;
  /** Ids of the stream entries in a job's data as Redis has it, oldest first; none where somebody changed it. */
  entryIds(data: unknown): readonly string[];
  /** What the dashboard shows of data that nobody could read; undefined: the data itself is shown. */
  readable?(data: unknown): object | undefined;
}

/** `New`: what a job is made of, where that is more than what is read from it. */
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
