/** Reads a window of a stream page by page, however large its entries are. */

import { openIdPattern, type RawEntry } from '../../queues/index.ts';
import type { Parser } from '../config/parsers.ts';
import { closeClient, openReaderBeside, type RedisClient } from '../redis/connections.ts';
import { isOutage } from '../redis/errors.ts';
import { createBoundedReads, ReadGivenUp } from './bounded-reads.ts';
import { createReadSize } from './read-size.ts';
import { toRawEntry } from './source.ts';

const PAGE = 500;
const SILENT_MS = 15_000;
/** In a row; each is smaller than the one before. */
const MOST_FAILURES = 5;

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
  const reader = openReaderBeside(client);
  const size = createReadSize();
  const reads = createBoundedReads(reader, size);
  async function readPage(start: string) {
    for (let failures = 1; ; failures += 1) {
      const count = size.next(PAGE);
      try {
        const command = () => reader.xrangeBuffer(stream, start, to, 'COUNT', count);
        return { rows: await reads.read(count, SILENT_MS, command), count };
      } catch (error) {
        if (failures >= MOST_FAILURES || !(error instanceof ReadGivenUp || isOutage(error))) throw error;
      }
    }
  }
  try {
    for (let start = from; ; ) {
      const { rows, count } = await readPage(start);
      if (rows.length) yield rows.map(([id, fields]) => toRawEntry(String(id), fields));
      if (rows.length < count) return;
      start = `(${String(rows.at(-1)![0])}`;
    }
  } finally {
    await closeClient(reader);
  }
}

/** undefined: it is not there. */
export async function readEntry(
  client: RedisClient,
  stream: string,
  id: string,
): Promise<RawEntry | undefined> {
  const [row] = await client.xrangeBuffer(stream, id, id);
  return row && toRawEntry(String(row[0]), row[1]);
}
