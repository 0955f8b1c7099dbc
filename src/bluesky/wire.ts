/** The parts of the answers of Bluesky's servers that are used. Unknown members and types pass; a list's entries are checked one by one. */
import { z } from 'zod';

const text = z.string();
export const labelSchema = z.object({
  val: text.max(128),
  src: text.max(512),
  uri: text.optional(),
  neg: z.boolean().optional(),
});
export interface Label {
  val: string;
  src: string;
}
/** `uri`: what it is on. */
export type WireLabel = Label & { uri?: string | undefined };

/** Unreadable labels are left out, and so are negated ones. */
const labels = z
  .array(z.unknown())
  .optional()
  .transform((all = []): WireLabel[] =>
    all.slice(0, 50).flatMap((one) => {
      const read = labelSchema.safeParse(one);
      return read.success && !read.data.neg ? [read.data] : [];
    }),
  );

export const profileSchema = z.object({
  did: text.max(2_048),
  handle: text.max(512).optional().catch(undefined),
  displayName: text.max(10_000).optional().catch(undefined),
  avatar: text.max(2_000).optional().catch(undefined),
  labels: labels.catch([]),
});
export type Profile = z.output<typeof profileSchema>;

export const postViewSchema = z.object({
  uri: text.max(4_096),
  cid: text.max(256),
  author: profileSchema,
  record: z.looseObject({}),
  embed: z.unknown().optional(),
  labels: labels.catch([]),
});
export type PostView = z.output<typeof postViewSchema>;

/** `isWhole`: every entry could be read, so a missing one was left out by the server. */
export interface Some<Value> {
  found: Value[];
  isWhole: boolean;
}

function some<Value>(schema: z.ZodType<Value>, of: (entry: unknown) => unknown = (entry) => entry) {
  return z.array(z.unknown()).transform((entries): Some<Value> => {
    const read = entries.map((entry) => schema.safeParse(of(entry)));
    return {
      found: read.flatMap((one) => (one.success ? [one.data] : [])),
      isWhole: read.every((one) => one.success),
    };
  });
}

export const profilesSchema = z.object({ profiles: some(profileSchema) });
export const postsSchema = z.object({ posts: some(postViewSchema) });
export const feedSchema = z.object({
  feed: some(postViewSchema, (entry) => (entry as { post?: unknown } | null)?.post),
});

export const recordSchema = z.object({ uri: text.max(4_096), cid: text.max(256), value: z.looseObject({}) });
export const recordsSchema = z.object({
  records: some(recordSchema),
  cursor: text.optional().catch(undefined),
});
export type ListedRecord = z.output<typeof recordSchema>;

export const repoStatusSchema = z.object({ active: z.boolean(), status: text.optional() });

const service = z.object({ id: text, type: text, serviceEndpoint: text.max(2_000) });
/** Of a DID document: the server that holds the author's records. */
export const didDocumentSchema = z
  .object({ id: text, service: z.array(z.unknown()).optional() })
  .transform(({ id, service: all = [] }) => {
    const found = all.flatMap((one) => service.safeParse(one).data ?? []);
    const pds = found.find(
      (one) => one.type === 'AtprotoPersonalDataServer' && /(^|[^#])#atproto_pds$/.test(one.id),
    );
    return { id, pds: pds?.serviceEndpoint };
  });
