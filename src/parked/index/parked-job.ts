/** A failed job in the index: only what grouping and searching need, a few hundred bytes. */
import { parseJson } from '../../../queues/index.ts';
import { causeOf, groupIdOf } from './fingerprint.ts';

/** `failed` needs an operator; `delayed` is retried automatically. */
export type ParkedState = 'failed' | 'delayed';

export interface ParkedJob {
  queue: string;
  id: string;
  state: ParkedState;
  /** In BullMQ's sorted set: changes each time the job runs. */
  score: number;
  /** ms */
  parkedAt: number;
  failedAt: number;
  attempts: number;
  /** The same for the same queue, reason and fingerprint. */
  group: string;
  reason: string;
  fingerprint: string;
  streamId: string;
  subscription: string;
  /** '' if nobody of the subscription got it. */
  subscriber: string;
  uri: string;
  /** Of the post; if the entry is not a match, its beginning. */
  text: string;
}

/** As read-jobs.lua returns it. */
export type RawJob = [
  name: string,
  timestamp: string,
  failedReason: string,
  attempts: string,
  data: string,
  dataBytes: number,
];

export interface Place {
  queue: string;
  id: string;
  state: ParkedState;
  score: number;
}

const MAX_TEXT = 600;
const MAX_FIELD = 600;

export function toParkedJob(
  place: Place,
  [name, timestamp, failedReason, attempts, data]: RawJob,
): ParkedJob {
  const parkedAt = Number(timestamp);
  const cause = causeOf(failedReason, name);
  return {
    ...place,
    parkedAt,
    // A delayed job's score is the time of its next attempt, shifted by a counter.
    failedAt: place.state === 'failed' ? place.score : parkedAt,
    attempts: Number(attempts),
    group: groupIdOf(place.queue, cause),
    ...cause,
    ...contentOf(data),
  };
}

type Content = Pick<ParkedJob, 'streamId' | 'subscription' | 'subscriber' | 'uri' | 'text'>;

function contentOf(data: string): Content {
  const job = parsed(data);
  const entry = member(job, 'entry');
  const payload = textOf(member(entry, 'data'));
  if (entry === undefined) return looseContent(data);
  const match = parsed(payload);
  const post = member(match, 'post');
  const bytes = member(entry, 'bytes');
  const instead = typeof bytes === 'number' ? `${bytes} bytes, in the stream only` : '';
  const loose = payload || instead || JSON.stringify(member(entry, 'fields') ?? '');
  const text = post === undefined ? loose : undefined;
  return {
    streamId: cut(textOf(member(entry, 'id')), MAX_FIELD),
    subscriber: cut(textOf(member(job, 'subscriber')), MAX_FIELD),
    subscription: cut(textOf(member(match, 'subscription_id')), MAX_FIELD),
    uri: cut(textOf(member(post, 'uri')), MAX_FIELD),
    text: cut(text ?? textOf(member(post, 'text')), MAX_TEXT),
  };
}

/** For a batch, a truncated job, or one edited by another program: what its beginning contains. */
function looseContent(data: string): Content {
  const plain = data.slice(0, 4_000).replaceAll('\\"', '"');
  const first = (pattern: RegExp) => cut(pattern.exec(plain)?.[1] ?? '', MAX_FIELD);
  return {
    streamId: first(/"(\d{1,20}-\d{1,20})"/),
    subscriber: '',
    subscription: first(/"subscription_id":\s*"([^"]*)"/),
    uri: first(/"uri":\s*"([^"]*)"/),
    text: cut(plain, MAX_TEXT),
  };
}

function parsed(json: string): unknown {
  try {
    return parseJson(json);
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Copies: a slice would keep the full text in memory. */
const cut = (text: string, most: number): string =>
  text.length > most ? Buffer.from(text.slice(0, most).toWellFormed()).toString() : text;
