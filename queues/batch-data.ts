/**
 * How a batch of entries travels as the data of one job. A job carries its entries, so that it outlives the stream; their bytes
 * are carried as they came, in base64: one plain ASCII text, with nothing in it to escape, to decode or to validate on the way.
 */
import { z } from 'zod';
import { type Entry, entrySchema, type RawEntry } from './entry.ts';

export const BATCH_VERSION = 2;

/** Entries of one stream, oldest first. `run` names the replay or the split that made it: such a batch must run again. */
export interface Batch {
  stream: string;
  entries: Entry[];
  run?: string | undefined;
}
/** A batch on its way to the queue. */
export interface NewBatch {
  stream: string;
  entries: readonly (Entry | RawEntry)[];
  run?: string | undefined;
}

const stream = z.string().min(1);
const run = z.string().optional();

/** `sizes`: bytes of each entry's part of `payload`. `odd`: places of the entries without `data`; their part is their fields' JSON. */
const version2 = z.object({
  v: z.literal(BATCH_VERSION),
  stream,
  ids: z.array(z.string().min(1)).min(1),
  sizes: z.array(z.int().nonnegative()),
  payload: z.string(),
  odd: z.array(z.int().nonnegative()).optional(),
  run,
});
/** Jobs that workers of version 0.1 left behind, and that their pumps still make during an upgrade. */
const version1 = z.object({ v: z.literal(1), stream, entries: z.array(entrySchema).min(1), run });

export type BatchData = z.input<typeof version2>;

export const batchSchema: z.ZodType<Batch> = z.union([
  version2.transform((data, context) => {
    const entries = decode(data);
    if (entries) return { stream: data.stream, entries, ...(data.run !== undefined && { run: data.run }) };
    context.addIssue({ code: 'custom', message: 'ids, sizes and payload do not belong together' });
    return z.NEVER;
  }),
  version1.transform(({ stream, entries, run }) => ({ stream, entries, ...(run !== undefined && { run }) })),
]);

/** What stands in a job whose data nobody could read otherwise; undefined for all other data. */
export function readableBatch(data: unknown): Batch | undefined {
  return version2.safeParse(data).success ? batchSchema.safeParse(data).data : undefined;
}

export function encodeBatch({ stream, entries, run }: NewBatch): BatchData {
  const parts = entries.map(bytesOf);
  const odd = entries.flatMap((entry, at) => (entry.data === undefined ? [at] : []));
  return {
    v: BATCH_VERSION,
    stream,
    ids: entries.map((entry) => entry.id),
    sizes: parts.map((part) => part.length),
    payload: Buffer.concat(parts).toString('base64'),
    ...(odd.length && { odd }),
    ...(run !== undefined && { run }),
  };
}

function bytesOf({ data, fields }: Entry | RawEntry): Buffer {
  if (data === undefined) return Buffer.from(JSON.stringify(fields ?? []));
  return typeof data === 'string' ? Buffer.from(data) : data;
}

function decode({ ids, sizes, payload, odd }: z.output<typeof version2>): Entry[] | undefined {
  const bytes = Buffer.from(payload, 'base64');
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (ids.length !== sizes.length || total !== bytes.length) return undefined;
  let from = 0;
  return ids.map((id, at) => {
    const text = bytes.toString('utf8', from, (from += sizes[at]!));
    return odd?.includes(at) ? { id, fields: JSON.parse(text) as string[] } : { id, data: text };
  });
}
