/** Groups failures by reason and by error text without the parts specific to one match. */
import { hash } from 'node:crypto';
import { parkingReasons } from '../../../queues/index.ts';

export interface Cause {
  /** A parking reason, or `error` for any other failure. */
  reason: string;
  /** The error text without names, ids and numbers. */
  fingerprint: string;
}

const MAX_FINGERPRINT = 160;
const reasons: ReadonlySet<string> = new Set(parkingReasons);

const differing: [pattern: RegExp, instead: string][] = [
  [/"(?:[^"\\]|\\.)*"/g, '"…"'],
  [/"…"(?:, "…")+/g, '"…"'],
  [/\bat:\/\/\S+/g, 'at://…'],
  [/\bdid:[a-z]+:\S+/g, 'did:…'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '#'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, '#'],
  [/\d+(?:[.,-]\d+)*/g, '#'],
];

/** `failedReason` as the worker wrote it, e.g. `unrouted: nobody is …`; if empty, the job's `name` is the reason. */
export function causeOf(failedReason: string, name: string, known: ReadonlySet<string> = reasons): Cause {
  if (failedReason === '') return { reason: known.has(name) ? name : 'error', fingerprint: '' };
  const colon = failedReason.indexOf(': ');
  const prefix = failedReason.slice(0, Math.max(0, colon));
  return known.has(prefix)
    ? { reason: prefix, fingerprint: fingerprintOf(failedReason.slice(colon + 2)) }
    : { reason: 'error', fingerprint: fingerprintOf(failedReason) };
}

function fingerprintOf(text: string): string {
  // Errors of one cause share their beginning.
  const [firstLine = ''] = text.slice(0, 2_000).split('\n', 1);
  const common = differing.reduce((left, [pattern, instead]) => left.replace(pattern, instead), firstLine);
  return common.length > MAX_FINGERPRINT ? `${common.slice(0, MAX_FINGERPRINT)}…` : common;
}

const ids = new Map<string, string>();

/** Deterministic: stable across processes and restarts. */
export function groupIdOf(queue: string, { reason, fingerprint }: Cause): string {
  const cause = JSON.stringify([queue, reason, fingerprint]);
  let id = ids.get(cause);
  if (id === undefined) {
    id = hash('sha256', cause, 'base64url').slice(0, 12);
    if (ids.size > 1_000) ids.clear();
    ids.set(cause, id);
  }
  return id;
}
