import type { ParkedJob } from './parked-job.ts';

/** All given conditions must match: names and ids exactly, uri and text by a part of them, ignoring case. */
export interface Filter {
  group?: string;
  subscription?: string;
  /** All other subscriptions. */
  not_subscription?: string;
  subscriber?: string;
  uri?: string;
  stream_id?: string;
  text?: string;
}

export function matcherOf(filter: Filter): (job: ParkedJob) => boolean {
  const {
    group,
    subscription,
    not_subscription: without,
    subscriber,
    uri,
    stream_id: streamId,
    text,
  } = filter;
  const inUri = uri === undefined ? undefined : containing(uri);
  const inText = text === undefined ? undefined : containing(text);
  return (job) =>
    (subscription === undefined || job.subscription === subscription) &&
    (without === undefined || job.subscription !== without) &&
    (subscriber === undefined || job.subscriber === subscriber) &&
    (streamId === undefined || job.streamId === streamId) &&
    (inUri === undefined || inUri(job.uri)) &&
    (inText === undefined || inText(job.text)) &&
    (group === undefined || job.group === group);
}

/** A regular expression ignores case without copying every text. */
function containing(part: string): (text: string) => boolean {
  const pattern = new RegExp(part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu');
  return (text) => pattern.test(text);
}

export interface Found {
  total: number;
  jobs: ParkedJob[];
}

/** Newest failures first; `total` counts all matches, not just this page. */
export function search(jobs: Iterable<ParkedJob>, filter: Filter, offset: number, limit: number): Found {
  const fits = matcherOf(filter);
  const found: ParkedJob[] = [];
  for (const job of jobs) if (fits(job)) found.push(job);
  found.sort((a, b) => b.failedAt - a.failedAt || (a.id < b.id ? -1 : 1));
  return { total: found.length, jobs: found.slice(offset, offset + limit) };
}
