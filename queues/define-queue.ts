import type { z } from 'zod';

/** What is put into the job; `payload`: bytes that lie beside it. */
export interface Encoded {
  data: object;
  payload?: Uint8Array;
}

/** `New`: what a job is made of, where that is more than what is read from it. */
export interface QueueDefinition<Name extends string = string, Data = unknown, New = Data> {
  name: Name;
  /** One line for the dashboard. */
  description: string;
  /** The newest version of the data that this build reads. */
  version: number;
  /** From a job's data to what its processor gets. */
  schema: z.ZodType<Data>;
  encode: (data: New) => Encoded;
  /** `until-done`: no number of tries uses a job up. `delivery`: DELIVERY_ATTEMPTS, then it waits as failed for a person. */
  attempts: 'until-done' | 'delivery';
  /** Completed jobs kept for the dashboard. Failed ones are kept until a person removes them. */
  keepCompleted: number;
  id: (data: New) => string;
  jobName: (data: New) => string;
}

export function defineQueue<const Name extends string, Data, New = Data>(
  definition: QueueDefinition<Name, Data, New>,
): QueueDefinition<Name, Data, New> {
  return definition;
}
