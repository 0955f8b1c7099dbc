/** Whether a reader has the feed already (RFC 9110, conditional requests). */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Validators {
  etag: string;
  lastModified: string | undefined;
}

/** A date has whole seconds: while another item may still come within the same one, there is none to go by. */
const SETTLED_MS = 2_000;

export function validators(text: string, updatedMs: number, nowMs: number = Date.now()): Validators {
  const isSettled = updatedMs > 0 && updatedMs < nowMs - SETTLED_MS;
  return {
    etag: `"${hash('sha256', text, 'base64url')}"`,
    lastModified: isSettled ? new Date(updatedMs).toUTCString() : undefined,
  };
}

/** The tag tells of every change, the date of new items alone: it counts only where no tag is sent. */
export function isUnchanged(headers: IncomingHttpHeaders, { etag, lastModified }: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) {
    return tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
  }
  const since = headers['if-modified-since'];
  return since !== undefined && lastModified !== undefined && Date.parse(since) >= Date.parse(lastModified);
}
