/** Conditional requests (RFC 9110). */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Validators {
  etag: string;
  lastModified: string | undefined;
}

/** Last-Modified has whole seconds: it is left out while another item may still arrive within the same second. */
const SETTLED_MS = 2_000;

export function validators(text: string, updatedMs: number, nowMs: number = Date.now()): Validators {
  const isSettled = updatedMs > 0 && updatedMs < nowMs - SETTLED_MS;
  return {
    etag: `"${hash('sha256', text, 'base64url')}"`,
    lastModified: isSettled ? new Date(updatedMs).toUTCString() : undefined,
  };
}

/** The date only reflects new items, the ETag every change: with If-None-Match, If-Modified-Since is ignored. */
export function isUnchanged(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
  }
  const since = headers['if-modified-since'];
  return since !== undefined && lastModified !== undefined && Date.parse(since) >= Date.parse(lastModified);
}
