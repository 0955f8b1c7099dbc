/** The ports of the processors, which know neither Redis nor BullMQ. Ports throw only on outages; every other failure is a return value. */
import type {
  Batch,
  Entry,
  FanoutPage,
  Lookup,
  Match,
  ParkedMatch,
  SubscriberPage,
} from '../queues/index.ts';

/** One match for one inbox. */
export interface Delivery {
  subscriber: string;
  match: Match;
  /** When its entry was appended to the stream, ms; undefined: just now. */
  receivedMs?: number;
  /** Set by `Inboxes.write`. Undefined from the start, so that all deliveries share a hidden class. */
  result?: WriteResult;
}

/**
 * `merged`: another subscription had brought the post; this one is recorded with it. `erased`: the subscriber was erased since the
 * match was received, so it is dropped.
 */
export type WriteResult = 'delivered' | 'duplicate' | 'merged' | 'erased' | { refused: string };

export interface Inboxes {
  /** Sets the result of each delivery. Idempotent. */
  write(deliveries: readonly Delivery[]): Promise<void>;
}

/**
 * Where a subscription's matches go. `pages`: too many subscribers for one job. `unsubscribed`: everybody left, so a late
 * match is dropped on purpose. `unknown`: nobody ever registered. `invalid`: not a valid subscription name.
 */
export type Route =
  | { to: 'subscribers'; subscribers: readonly string[] }
  | { to: 'pages'; pages: readonly SubscriberPage[] }
  | { to: 'unsubscribed' }
  | { to: 'unknown' }
  | { to: 'invalid'; detail: string };

export interface Router {
  /** A route for each of the subscription ids. */
  route(subscriptionIds: readonly string[]): Promise<Map<string, Route>>;
  /** Who is subscribed now, within the page. */
  subscribersOf(subscriptionId: string, page: SubscriberPage): Promise<string[]>;
}

export interface Jobs {
  park(matches: readonly ParkedMatch[]): Promise<void>;
  fanOut(pages: readonly FanoutPage[]): Promise<void>;
  resubmit(batches: readonly Batch[]): Promise<void>;
}

/** Entries that stay in the stream, because Redis refuses a value of their size. */
export interface Kept {
  /** The whole entry, or a text that says why it cannot be read. */
  fetch(stream: string, id: string): Promise<Entry | string>;
  /** What `write` returns; undefined: Redis refuses that many bytes. */
  attempt<Result>(bytes: number, write: () => Promise<Result>): Promise<{ result: Result } | undefined>;
}

/**
 * The outcome of a name. `absent`: there is none, or none that can be proven. `failed`: no answer, so nothing is known.
 * `given_up`: not tried, because a worker crashed in the job.
 */
export type LookupOutcome = 'found' | 'absent' | 'failed' | 'given_up';

export interface Lookups {
  /** Asks Bluesky and keeps what it answers; an outcome for each name. Throws NotYet alone. */
  look(lookup: Lookup): Promise<LookupOutcome[]>;
}

export interface Ports {
  lookups: Lookups;
  inboxes: Inboxes;
  router: Router;
  jobs: Jobs;
  kept: Kept;
  /** Whether an error means an outage, so that the same work will succeed later. */
  isOutage(error: unknown): boolean;
}

/** What a processor knows of the job besides its data. */
export interface Run {
  jobId: string;
  /** How often a worker died or lost the job while running it, in this attempt. */
  stalls: number;
  /** The same, in the attempts before. */
  stallsBefore: number;
  /** Attempts that finished before this one. */
  attemptsMade: number;
  /** Aborted when the job was given to another worker. */
  signal: AbortSignal;
}

export type Processor<Data> = (data: Data, run: Run, ports: Ports) => Promise<Tally>;

/** One verdict for each entry of a job. */
export type Verdict =
  | 'delivered'
  | 'duplicate'
  | 'merged'
  | 'dropped'
  | 'parked'
  | 'fanned_out'
  | 'resubmitted';
export type Tally = Partial<Record<Verdict | LookupOutcome, number>>;

/** What the work needs is in use: the job comes again in a moment, and no attempt is used up. */
export class NotYet extends Error {
  override name = 'NotYet';
}

/** The match stays undelivered: retry with backoff, or (`final`) leave it to an operator. */
export class Undelivered extends Error {
  override name = 'Undelivered';
  readonly final: boolean;
  constructor(message: string, { final }: { final: boolean }) {
    super(message);
    this.final = final;
  }
}
