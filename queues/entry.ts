import { z } from 'zod';

/** Version of the data of parked matches and fan-out pages. A worker that meets a newer one leaves the job to newer workers. */
export const DATA_VERSION = 1;

/** One stream entry: its id, and the text of its field `data`, or all fields where it has none. */
export const entrySchema = z.object({
  id: z.string().min(1),
  data: z.string().optional(),
  fields: z.array(z.string()).optional(),
});
export type Entry = z.infer<typeof entrySchema>;

/** Of a job that holds one entry: its id, in a list; none where the job's data was changed by hand. */
export function entryIdIn(data: unknown): readonly string[] {
  const id = (data as { entry?: { id?: unknown } } | null | undefined)?.entry?.id;
  return typeof id === 'string' ? [id] : [];
}

/** An entry as Redis sent it: nobody has looked at its bytes yet. */
export interface RawEntry {
  id: string;
  data?: Buffer;
  fields?: string[];
}

export const toEntry = ({ id, data, fields }: RawEntry): Entry => ({
  id,
  ...(data && { data: data.toString() }),
  ...(fields && { fields }),
});

/** The stream an entry came from stands in every job, so that a person can find it again. */
export const fromStream = { v: z.literal(DATA_VERSION), stream: z.string().min(1) };
