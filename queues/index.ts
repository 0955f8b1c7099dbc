/** The one list of queues: workers, dashboard and metrics loop over it. */
import { enrich } from './enrich.ts';
import { fanout } from './fanout.ts';
import { matches } from './matches.ts';
import { parked } from './parked.ts';

export { type Backoff, backoffMs, outageBackoff } from './backoff.ts';
export {
  type Batch,
  liesBeside,
  type NewBatch,
} from './batch-data.ts';
export { CANARY, canaryMatch, isCanary } from './canary.ts';
export { cidOf } from './cid.ts';
export type { Encoded, QueueDefinition, QueueTraits } from './define-queue.ts';
export {
  LOOKUPS_PER_JOB,
  type Lookup,
  type LookupKind,
  lookupKinds,
  namesIn,
  type OwnPost,
  type SoughtPost,
} from './enrich.ts';
export {
  DATA_VERSION,
  type Entry,
  isReference,
  type RawEntry,
  sizeOf,
  toEntry,
  toReference,
} from './entry.ts';
export type { FanoutPage, SubscriberPage } from './fanout.ts';
export { memberText } from './json-text.ts';
export { MAX_MATCH_BYTES, type Match, parseMatch } from './match.ts';
export { REPLAYED_BATCH } from './matches.ts';
export { type ParkedMatch, type ParkingReason, parkingReasons, retriedReasons } from './parked.ts';
export { parseJson } from './parse-json.ts';
export { quote, spellOut } from './quote.ts';
export * from './stream-id.ts';
export { createTokenBucket, type TokenBucket } from './token-bucket.ts';

export const queues = { matches, parked, fanout, enrich } as const;
export type QueueName = keyof typeof queues;
export const queueNames = Object.keys(queues) as QueueName[];

type Definitions = typeof queues;
/** What a queue's processor gets. */
export type JobData = {
  [Name in QueueName]: Definitions[Name] extends { schema: { _output: infer Data } } ? Data : never;
};
