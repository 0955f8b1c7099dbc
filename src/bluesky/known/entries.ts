/** What is known of an author, a post or a record key, as stored in Redis (JSON), and when it is looked up again. */
import type { Label } from '../wire.ts';

/** All times in ms by Redis' clock; `at`: when it was looked up, `since`: when it was last found changed. */
export interface Author {
  at: number;
  since?: number;
  handle?: string | undefined;
  name?: string | undefined;
  avatar?: string | undefined;
  labels?: Label[] | undefined;
  /** Missing at the last lookup: deleted, deactivated, taken down, or never existed. */
  isAbsent?: true;
}

/** A post that is quoted or answered. */
export interface View {
  at: number;
  since?: number;
  did?: string;
  /** When it was written, by its author. */
  createdMs?: number;
  /** Text and embed of the record, if they are of a common size. */
  record?: { text: string; embed?: unknown };
  labels?: Label[];
  state: 'ok' | 'not_found' | 'withdrawn';
}

export type Why = 'deleted' | 'taken_down' | 'deactivated' | 'unknown';
export type QuoteState = 'not_found' | 'blocked' | 'detached';

/** A post that was delivered. */
export interface OwnPost {
  at: number;
  since?: number;
  rkey?: string | undefined;
  /** A record key from its uri that belongs to another record. */
  wrongKey?: string;
  /** Bluesky has shown it. */
  wasSeen?: true;
  gone?: { at: number; why: Why };
  labels?: Label[];
  /** State of the quoted post, if its author or a block hides it. */
  quote?: QuoteState;
}

export interface Server {
  at: number;
  since?: number;
  url?: string | undefined;
}

/** Looked for, and not found. */
export interface Failure {
  at: number;
  since?: number;
}

export type Name =
  | `author:${string}`
  | `post:${string}`
  | `own:${string}`
  | `key:${string}`
  | `server:${string}`;
type EntryOf<One extends Name> = One extends `author:${string}`
  ? Author
  : One extends `post:${string}`
    ? View
    : One extends `own:${string}`
      ? OwnPost
      : One extends `server:${string}`
        ? Server
        : Failure;

/** A map with the type of value for each kind of name. */
export interface Entries extends Map<Name, Author | View | OwnPost | Server | Failure> {
  get<One extends Name>(name: One): EntryOf<One> | undefined;
  set<One extends Name>(name: One, entry: EntryOf<One>): this;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
export const FAILURE_MS = 5 * MINUTE_MS;
const AUTHOR_MS = DAY_MS;

/** A shown post is looked up again within a minute, ten minutes, an hour or a day: the older, the less often. */
export function checkEveryMs(ageMs: number): number {
  if (ageMs < HOUR_MS) return 25_000;
  if (ageMs < DAY_MS) return 9 * MINUTE_MS;
  return ageMs < 7 * DAY_MS ? 55 * MINUTE_MS : 23 * HOUR_MS;
}

export const isAuthorDue = (author: Author | undefined, nowMs: number): boolean =>
  !author || nowMs - author.at >= (author.isAbsent ? FAILURE_MS : AUTHOR_MS);

export const isServerDue = (server: Server | undefined, nowMs: number): boolean =>
  !server || nowMs - server.at >= (server.url === undefined ? FAILURE_MS : AUTHOR_MS);

export function isViewDue(view: View | undefined, nowMs: number): boolean {
  if (!view) return true;
  const every = view.state === 'not_found' ? FAILURE_MS : checkEveryMs(nowMs - (view.createdMs ?? 0));
  return nowMs - view.at >= every;
}

/** `deliveredMs`: a post's age goes by its delivery, not by what its author says. */
export const isCheckDue = (own: OwnPost | undefined, deliveredMs: number, nowMs: number): boolean =>
  !own || nowMs - own.at >= checkEveryMs(nowMs - deliveredMs);

export const isKeyDue = (failure: Failure | undefined, deliveredMs: number, nowMs: number): boolean =>
  !failure || nowMs - failure.at >= Math.max(FAILURE_MS, checkEveryMs(nowMs - deliveredMs));
