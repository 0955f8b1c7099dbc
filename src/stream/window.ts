/** Reads a window of a stream page by page. */

import { openIdPattern, type RawEntry } from '../../queues/index.ts';
import type { Parser } from '../config/parsers.ts';
import type { RedisClient } from '../redis/connections.ts';
import { toRawEntry } from './source.ts';

const PAGE = 500;

/** A stream id or an ISO time, as XRANGE takes it. */
export const streamPosition: Parser<string> = {
  takes: 'a stream id (1704884400000-0) or an ISO time (2024-01-10T12:00:00Z)',
  parse: (text) => {
    if (openIdPattern.test(text)) return text;
    const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(ms) || ms < 0 ? undefined : String(ms);
  },
};

export async function* readWindow(
  client: RedisClient,
  stream: string,
  { from, to }: { from: string; to: string },
): AsyncGenerator<RawEntry[]> {
  for (let start = from; ; ) {
    const page = await client.xrangeBuffer(stream, start, to, 'COUNT', PAGE);
    if (page.length) yield page.map(([id, fields]) => toRawEntry(String(id), fields));
    if (page.length < PAGE) return;
    start = `(${String(page.at(-1)![0])}`;
  }
}
