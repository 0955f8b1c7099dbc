/**
 * The protocol between pump and relay, version 1; documented in docs/relay.md.
 *
 * Text frames hold one JSON object each. A pump sends requests, numbered by `n`, and `credit`; the relay sends answers, and `trouble`
 * when it cannot read the stream. Entries travel in binary frames (entry-frames.ts).
 */
import { z } from 'zod';
import { openIdPattern } from '../../queues/index.ts';

export const VERSIONS: readonly number[] = [1];
export const DEFAULT_PATH = '/relay';

/** WebSocket close codes. 1000, 1001, 1009 and 1011 as in RFC 6455. */
export const closeCodes = {
  done: 1000,
  stopping: 1001,
  tooLarge: 1009,
  internal: 1011,
  badMessage: 4400,
  noToken: 4401,
  badToken: 4403,
  badVersion: 4406,
  silent: 4408,
  replaced: 4409,
  tooMany: 4429,
} as const;

/** Largest frames: from a pump, and from the relay (which splits larger deliveries). */
export const MAX_FRAME_BYTES = { toRelay: 262_144, toPump: 1_048_576 + 16 };
/** Most entries in an answer or push, and most ids in an ack. */
export const MAX_ENTRIES = 2_000;

const n = z.int().min(1).max(0xffff_ffff);
const id = z.string().regex(openIdPattern);
const name = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
const milliseconds = z.int().min(0).max(86_400_000);
const amount = z.int().min(0).max(1_000_000_000);

const seen = z.object({ upTo: id.optional(), deleted: id.optional() });

/** Parsed from the first frame before its other fields, which may differ in another version. */
export const versionsSchema = z.object({
  do: z.literal('subscribe'),
  versions: z.array(z.int()).min(1).max(32),
});

export const subscribeSchema = z.object({
  do: z.literal('subscribe'),
  n,
  stream: name,
  group: name,
  /** Tells a token's pumps apart; reconnecting under the same name resumes with what was not acked. */
  consumer: name,
});
export type Subscribe = z.infer<typeof subscribeSchema>;

export const requestSchema = z.discriminatedUnion('do', [
  /** Adds to what the pump accepts. Not answered. */
  z.object({ do: z.literal('credit'), entries: amount, bytes: amount }),
  /** Revokes all credit; after the answer nothing is in transit. */
  z.object({ do: z.literal('halt'), n }),
  z.object({ do: z.literal('ack'), n, ids: z.array(id).min(1).max(MAX_ENTRIES) }),
  z.object({ do: z.literal('ensure-group'), n, from: id }),
  z.object({ do: z.literal('claim'), n, minIdleMs: milliseconds }),
  z.object({ do: z.literal('pending'), n, after: id, count: z.int().min(1).max(1_000_000) }),
  z.object({ do: z.literal('leave'), n, consumer: name.optional() }),
  z.object({ do: z.literal('position'), n, anchor: id.optional(), look: seen.optional() }),
  z.object({ do: z.literal('rewind'), n, to: id }),
  /** At least an hour of window, whatever a pump requests. */
  z.object({ do: z.literal('trim'), n, floor: id, windowMs: z.int().min(3_600_000).max(400_000_000_000) }),
  z.object({ do: z.literal('idle-consumers'), n, idleMs: milliseconds }),
]);
export type Request = z.infer<typeof requestSchema>;

/** Text frames from the relay. `error` is a Redis error code, never a host or a key. */
export const fromRelaySchema = z.union([
  z.object({ n, ok: z.record(z.string(), z.unknown()) }),
  z.object({ n, error: z.string() }),
  z.object({ trouble: z.string() }),
]);

export const answerSchemas = {
  subscribe: z.object({ version: z.int(), resumed: z.boolean() }),
  nothing: z.object({}),
  claim: z.object({ claimed: z.int(), lost: z.array(z.string()) }),
  /** Sent after the entries, which come in binary frames with the same `n`. */
  pending: z.object({ lost: z.array(z.string()), last: z.string().optional() }),
  trim: z.object({ trimmed: z.int(), isDue: z.boolean() }),
  position: z.object({
    newest: z.string().optional(),
    delivered: z.string().optional(),
    oldestPending: z.string().optional(),
    hasAnchor: z.boolean().optional(),
    look: z
      .object({
        delivered: z.string(),
        reads: z.int().optional(),
        first: z.string().optional(),
        last: z.string(),
        length: z.int(),
        added: z.int().optional(),
        deleted: z.string().optional(),
        unread: z.int().optional(),
      })
      .optional(),
  }),
  idleConsumers: z.object({ consumers: z.array(z.string()) }),
};
