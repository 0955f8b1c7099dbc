import { z } from 'zod';
import { defineQueue } from './define-queue.ts';
import { DATA_VERSION } from './entry.ts';
import { jobId } from './job-id.ts';

/** Arguments of one call to Bluesky, and so of one job. */
export const LOOKUPS_PER_JOB = 25;

const text = z.string();
const batchOf = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).min(1).max(LOOKUPS_PER_JOB);

/** `identity`: of the post here. `cid`: computed from its record. */
export const soughtPostSchema = z.object({ identity: text, did: text, cid: text, createdMs: z.number() });
export const ownPostSchema = z.object({ identity: text, did: text, rkey: text, cid: text.optional() });
export type SoughtPost = z.infer<typeof soughtPostSchema>;
/** `cid`: its record key is only claimed, so the post there must have this CID. */
export type OwnPost = z.infer<typeof ownPostSchema>;

/** `askedMs`: makes each request a job of its own, since a completed lookup may be repeated. */
const common = { v: z.literal(DATA_VERSION), askedMs: z.number() };
/** Lookups for readers: authors; quoted or answered posts; record keys; whether delivered posts still exist. */
export const lookupSchema = z.discriminatedUnion('kind', [
  z.object({ ...common, kind: z.literal('authors'), dids: batchOf(text) }),
  z.object({ ...common, kind: z.literal('posts'), uris: batchOf(text) }),
  z.object({ ...common, kind: z.literal('keys'), posts: batchOf(soughtPostSchema) }),
  z.object({ ...common, kind: z.literal('checks'), posts: batchOf(ownPostSchema) }),
]);
export type Lookup = z.infer<typeof lookupSchema>;
export type LookupKind = Lookup['kind'];
export const lookupKinds: readonly LookupKind[] = ['authors', 'posts', 'keys', 'checks'];

export function namesIn(lookup: Lookup): string[] {
  switch (lookup.kind) {
    case 'authors':
      return lookup.dids;
    case 'posts':
      return lookup.uris;
    case 'keys':
    case 'checks':
      return lookup.posts.map(({ identity }) => identity);
  }
}

export const enrich = defineQueue({
  name: 'enrich',
  label: 'Beside deliveries',
  description:
    'Lookups at Bluesky for readers: names, quoted posts, permalinks, withdrawals. They complete with an outcome',
  version: DATA_VERSION,
  schema: lookupSchema,
  encode: (lookup: Lookup) => ({ data: lookup }),
  attempts: 'until-done',
  failed: 'fault',
  keepCompleted: 50,
  slots: 0,
  beside: { jobs: 4 },
  holdsEntries: false,
  entryIds: () => [],
  id: (lookup) => jobId('lookup', lookup.kind, String(lookup.askedMs), ...namesIn(lookup)),
  jobName: ({ kind }) => kind,
});
