import type { z } from 'zod';

export interface QueueDefinition<Name extends string = string, Data = unknown> {
  name: Name;
  /** One line for the dashboard. */
  description: string;
  schema: z.ZodType<Data>;
  /** `until-done`: no number of tries uses a job up. `delivery`: DELIVERY_ATTEMPTS, then it waits as failed for a person. */
  attempts: 'until-done' | 'delivery';
  /** Completed jobs kept for the dashboard. Failed ones are kept until a person removes them. */
  keepCompleted: number;
  id: (data: Data) => string;
  jobName: (data: Data) => string;
}

export function defineQueue<const Name extends string, Data>(
  definition: QueueDefinition<Name, Data>,
): QueueDefinition<Name, Data> {
  return definition;
}
