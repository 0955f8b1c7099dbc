import { z } from 'zod';

/** Of parked matches and fan-out pages. A worker leaves jobs with a newer version to newer workers. */
export const DATA_VERSION = 1;
/** Jobs that carry a reference to their entry. */
const REFERRING_VERSION = 2;
export const NEWEST_DATA_VERSION = REFERRING_VERSION;

/**
 * One stream entry: its id, and its field `data`, or all fields if it has none. Or, where Redis refuses an entry of that size, a
 * reference: its id and its size in `bytes`; the entry itself stays in the stream.
 */
export const entrySchema = z.object({
  id: z.string().min(1),
  data: z.string().optional(),
  fields: z.array(z.string()).optional(),
  bytes: z.int().nonnegative().optional(),
});
export type Entry = z.infer<typeof entrySchema>;

/** The id of a job's only entry, as a list; none if its data was changed by hand. */
export function entryIdIn(data: unknown): readonly string[] {
  const id = (data as { entry?: { id?: unknown } } | null | undefined)?.entry?.id;
  return typeof id === 'string' ? [id] : [];
}

/** An entry as Redis sent it, not yet decoded. */
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

export const isReference = (entry: Entry | RawEntry): boolean =>
  'bytes' in entry && entry.bytes !== undefined;

export const toReference = (entry: Entry | RawEntry): Entry => ({ id: entry.id, bytes: sizeOf(entry) });

/** Size of its data or fields, in bytes. */
export function sizeOf(entry: Entry | RawEntry): number {
  if ('bytes' in entry && entry.bytes !== undefined) return entry.bytes;
  const { data, fields } = entry;
  if (data === undefined) return Buffer.byteLength(JSON.stringify(fields ?? []));
  return typeof data === 'string' ? Buffer.byteLength(data) : data.length;
}

/** Every job names its stream, so that an operator can find the entry. */
export const fromStream = {
  v: z.union([z.literal(DATA_VERSION), z.literal(REFERRING_VERSION)]),
  stream: z.string().min(1),
};

/** The version says whether the job carries its entry: an older worker leaves a reference to newer ones. */
export const withVersion = <Data extends { entry: Entry }>(data: Data) => ({
  data: { ...data, v: isReference(data.entry) ? REFERRING_VERSION : DATA_VERSION },
});
