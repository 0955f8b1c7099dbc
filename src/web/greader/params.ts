/** Parameters of a request: body and query merged, body first, repeats in order. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Problem } from '../http/problem.ts';

export interface Params {
  /** The first of this name. */
  one(name: string): string | undefined;
  all(name: string): string[];
  /** Never from the query, which ends up in access logs. */
  inBody(name: string): string | undefined;
  /** The body as it came, not decoded. */
  rawBody: string;
}

export const MAX_BODY_BYTES = 2 * 1024 * 1024;
const tooLarge = () => new Problem(413, 'The body is larger than 2 MiB');

export function paramsOf(body: URLSearchParams, query: URLSearchParams, rawBody = ''): Params {
  const all = (name: string) => [...body.getAll(name), ...query.getAll(name)];
  return {
    all,
    one: (name) => body.get(name) ?? query.get(name) ?? undefined,
    inBody: (name) => body.get(name) ?? undefined,
    rawBody,
  };
}

/** Some clients name no type. */
export const isForm = (req: IncomingMessage): boolean =>
  /^\s*(application\/x-www-form-urlencoded\b|multipart\/form-data\b|text\/plain\b|$)/i.test(
    req.headers['content-type'] ?? '',
  );

/** URLSearchParams takes any number of parameters; querystring and Express stop at 1,000. */
export async function readParams(req: IncomingMessage, query: URLSearchParams): Promise<Params> {
  const body = await readBody(req);
  const type = req.headers['content-type'] ?? '';
  if (body.length > 0 && !isForm(req)) throw new Problem(415, 'The body must be a form');
  if (body.length > 0 && /^multipart\//i.test(type)) return paramsOf(await multipart(body, type), query);
  const text = body.toString('utf8');
  return paramsOf(new URLSearchParams(text), query, text);
}

async function multipart(body: Buffer, type: string): Promise<URLSearchParams> {
  const params = new URLSearchParams();
  try {
    const { bytes, boundary } = withLongBoundary(body, type);
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` };
    const form = await new Response(bytes, { headers }).formData();
    form.forEach((value, name) => {
      if (typeof value === 'string') params.append(name, value);
    });
  } catch {
    throw new Problem(400, 'The body is not multipart/form-data');
  }
  return params;
}

/** Node takes a boundary for one wherever its letters stand, in a value too: a short one is likely to be in a token. */
function withLongBoundary(body: Buffer, type: string) {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(type) ?? [];
  const boundary = randomUUID();
  const text = `\r\n${body.toString('latin1')}`.replaceAll(`\r\n--${quoted ?? plain}`, `\r\n--${boundary}`);
  return { bytes: new Uint8Array(Buffer.from(text.slice(2), 'latin1')), boundary };
}

/** Not by `for await`, which would cut the connection where the body is too large. */
function readBody(req: IncomingMessage): Promise<Buffer> {
  if (!/^(identity)?$/i.test(req.headers['content-encoding'] ?? ''))
    throw new Problem(415, 'The body must not be compressed');
  if (Number(req.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  return new Promise((resolve, reject) => {
    let parts: Buffer[] = [];
    let bytes = 0;
    req.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= MAX_BODY_BYTES) parts.push(part);
      else {
        parts = [];
        reject(tooLarge());
      }
    });
    req.on('end', () => resolve(Buffer.concat(parts)));
    req.on('error', reject);
  });
}
