/** Answers: text, JSON, or one of these in parts, compressed where the client takes gzip. */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { Request, Response } from 'express';

export interface Answer {
  type: string;
  status?: number;
  body: string | AsyncIterator<string>;
}

const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

export const text = (body: string, status = 200): Answer => ({ type: TEXT, body, status });
export const json = (body: object): Answer => ({ type: JSON_TYPE, body: JSON.stringify(body) });
export const jsonParts = (body: AsyncIterator<string>): Answer => ({ type: JSON_TYPE, body });
/** What clients compare with: no newline. */
export const ok = text('OK');

const COMPRESS_FROM_BYTES = 1_024;
/** What comes in parts and is no longer than this is sent as a whole. */
const WHOLE = 65_536;
/** Of a client that reads nothing. */
const STALLED_MS = 30_000;
const compress = promisify(gzip);

/** Throws only before anything is sent; later it cuts the connection, and throws what went wrong here. */
export async function send(req: Request, res: Response, { type, status = 200, body }: Answer): Promise<void> {
  const [beginning, rest] = typeof body === 'string' ? [body, undefined] : await begin(body);
  res.status(status).set({ 'Content-Type': type, 'Cache-Control': 'no-store', Vary: 'Accept-Encoding' });
  const isLong = rest !== undefined || Buffer.byteLength(beginning) > COMPRESS_FROM_BYTES;
  const compressed = isLong && req.acceptsEncodings('gzip') === 'gzip';
  if (compressed) res.set('Content-Encoding', 'gzip');
  if (rest === undefined) {
    const bytes = compressed ? await compress(beginning) : Buffer.from(beginning);
    res.set('Content-Length', String(bytes.length)).end(bytes);
    return;
  }
  res.setTimeout(STALLED_MS, () => res.destroy());
  await pour(Readable.from(joined(beginning, rest)), compressed ? [createGzip(), res] : [res]);
}

async function pour(source: Readable, others: Writable[]): Promise<void> {
  try {
    await pipeline([source, ...others]);
  } catch (error) {
    // The client has gone.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function begin(parts: AsyncIterator<string>): Promise<[string, AsyncIterator<string> | undefined]> {
  let beginning = '';
  while (beginning.length < WHOLE) {
    const { done, value } = await parts.next();
    if (done) return [beginning, undefined];
    beginning += value;
  }
  return [beginning, parts];
}

async function* joined(beginning: string, rest: AsyncIterator<string>): AsyncGenerator<string, void> {
  yield beginning;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
