import type { z } from 'zod';

/** What is put into the job; `payload`: bytes that lie beside it. */
export interface Encoded {
  data: object;
  payload?: Uint8Array;
}

/** `New`: what a job is created from, if that differs from what its processor gets. */
export interface QueueDefinition<Name extends string = string, Data = unknown, New = Data> {
  name: Name;
  /** Shown on the dashboard. */
  description: string;
  /** The newest data version that this build reads. */
  version: number;
  /** From a job's data to what its processor gets. */
  schema: z.ZodType<Data>;
  encode: (data: New) => Encoded;
  /** `until-done`: unlimited. `delivery`: DELIVERY_ATTEMPTS, then the job stays failed until an operator retries it. */
  attempts: 'until-done' | 'delivery';
  /** Completed jobs kept for the dashboard. Failed ones are kept until an operator removes them. */
  keepCompleted: number;
  id: (data: New) => string;
  jobName: (data: New) => string;
}

export function defineQueue<const Name extends string, Data, New = Data>(
  definition: QueueDefinition<Name, Data, New>,
): QueueDefinition<Name, Data, New> {
  return definition;
}
