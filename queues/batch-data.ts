/**
 * The format of a batch. A job carries its entries' bytes, so that it does not depend on the stream: a small batch in the job's
 * data, in base64; a large one as a separate payload, because BullMQ copies job data nine times.
 */
import { z } from 'zod';
import { type Entry, entrySchema, isReference, type RawEntry, sizeOf } from './entry.ts';

export const BATCH_VERSION = 4;
const BESIDE_VERSION = 3;
/** From this many bytes on a batch gets a separate payload, which costs one more round trip. */
const BESIDE_FROM = 16_384;

/** Entries of one stream, oldest first. `run` names the replay or split that created it, which makes its job id a new one. */
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
// Checked as a whole: hundreds of them, one by one by the schema, cost more than all the rest of it.
const ids = z.custom<string[]>(
  (value) => isListOf(value, (id) => typeof id === 'string' && id !== '') && value.length > 0,
);
const sizes = z.custom<number[]>((value) =>
  isListOf(value, (size) => Number.isSafeInteger(size) && (size as number) >= 0),
);
const isListOf = (value: unknown, isOne: (one: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.every(isOne);
const run = z.string().optional();

/** `sizes`: bytes of each entry's part of `payload`. `odd`: places of the entries without `data`; their part is their fields' JSON. */
const list = {
  stream,
  ids,
  sizes,
  odd: z.array(z.int().nonnegative()).optional(),
  run,
};
const carried = z.object({ v: z.literal(2), ...list, payload: z.string() });
const beside = z.object({ v: z.literal(BESIDE_VERSION), ...list });
const fetched = beside.extend({ payload: z.instanceof(Buffer) });
/** One entry that Redis refuses: it stays in the stream. */
const referring = z.object({
  v: z.literal(BATCH_VERSION),
  stream,
  ids: z.array(z.string().min(1)).length(1),
  bytes: z.int().nonnegative(),
  run,
});
/** Jobs of version 0.1, whose pumps may still run during an upgrade. */
const version1 = z.object({ v: z.literal(1), stream, entries: z.array(entrySchema).min(1), run });

/** The contents of a job. */
export type BatchData = z.input<typeof carried> | z.input<typeof beside> | z.input<typeof referring>;

/** From a job's data, with a separate payload added as `payload`. */
export const batchSchema: z.ZodType<Batch> = z.discriminatedUnion('v', [
  carried.transform((data, context) => decoded(data, Buffer.from(data.payload, 'base64'), context)),
  fetched.transform((data, context) => decoded(data, data.payload, context)),
  referring.transform(({ stream, ids, bytes, run }) => ({
    stream,
    entries: [{ id: ids[0]!, bytes }],
    ...(run !== undefined && { run }),
  })),
  version1.transform(({ stream, entries, run }) => ({ stream, entries, ...(run !== undefined && { run }) })),
]);

/** Whether a job with this data has a separate payload. */
export const liesBeside = (data: unknown): boolean =>
  (data as { v?: unknown } | null | undefined)?.v === BESIDE_VERSION;

/** For data of any version; none if the job's data is gone. */
export function entryIdsOfBatch(data: unknown): readonly string[] {
  const { ids, entries } = (data ?? {}) as { ids?: string[]; entries?: { id: string }[] };
  return ids ?? entries?.map(({ id }) => id) ?? [];
}

/** Batch data as the dashboard shows it; undefined for other data. */
export function readableBatch(data: unknown): object | undefined {
  if (carried.safeParse(data).success) return batchSchema.safeParse(data).data;
  const read = beside.safeParse(data);
  if (!read.success) return undefined;
  const { stream, ids, run } = read.data;
  const entries = `${ids.length}, in a separate payload until the job completes`;
  return { stream, entries, first: ids[0], last: ids.at(-1), ...(run !== undefined && { run }) };
}

export function encodeBatch({ stream, entries, run }: NewBatch): { data: BatchData; payload?: Buffer } {
  const [first] = entries;
  if (first && entries.length === 1 && isReference(first)) {
    const about = { stream, ids: [first.id], bytes: sizeOf(first), ...(run !== undefined && { run }) };
    return { data: { v: BATCH_VERSION, ...about } };
  }
  const parts = entries.map(bytesOf);
  const odd = entries.flatMap((entry, at) => (entry.data === undefined ? [at] : []));
  const payload = Buffer.concat(parts);
  const about = {
    stream,
    ids: entries.map((entry) => entry.id),
    sizes: parts.map((part) => part.length),
    ...(odd.length && { odd }),
    ...(run !== undefined && { run }),
  };
  return payload.length < BESIDE_FROM
    ? { data: { v: 2, ...about, payload: payload.toString('base64') } }
    : { data: { v: BESIDE_VERSION, ...about }, payload };
}

function bytesOf({ data, fields }: Entry | RawEntry): Buffer {
  if (data === undefined) return Buffer.from(JSON.stringify(fields ?? []));
  return typeof data === 'string' ? Buffer.from(data) : data;
}

function decoded(
  { stream, ids, sizes, odd, run }: Omit<z.output<typeof beside>, 'v'>,
  bytes: Buffer,
  context: z.RefinementCtx,
): Batch {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (ids.length !== sizes.length || total !== bytes.length) {
    context.addIssue({ code: 'custom', message: 'ids, sizes and payload do not belong together' });
    return z.NEVER;
  }
  let from = 0;
  const entries = ids.map((id, at) => {
    const text = bytes.toString('utf8', from, (from += sizes[at]!));
    return odd?.includes(at) ? { id, fields: JSON.parse(text) as string[] } : { id, data: text };
  });
  return { stream, entries, ...(run !== undefined && { run }) };
}
