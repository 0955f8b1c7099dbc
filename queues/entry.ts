import { z } from 'zod';

/** Of parked matches and fan-out pages. A worker leaves jobs with a newer version to newer workers. */
export const DATA_VERSION = 1;

/** One stream entry: its id, and its field `data`, or all fields if it has none. */
export const entrySchema = z.object({
  id: z.string().min(1),
  data: z.string().optional(),
  fields: z.array(z.string()).optional(),
});
export type Entry = z.infer<typeof entrySchema>;

/** The id of a job's only entry, as a list; none if its data was changed by hand. */
export function entryIdIn(data: unknown): readonly string[] {
  const id = (data as { entry?: { id?: unknown } } | null | undefined)?.entry?.id;
  return typeof id === 'string' ? [id] : [];
}

/** An entry as Redis sent it, not decoded yet. */
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

/** Every job names its stream, so that an operator can find the entry. */
export const fromStream = { v: z.literal(DATA_VERSION), stream: z.string().min(1) };
