/**
 * The CID of a record: the SHA-256 of its DAG-CBOR, as an author's server computes it. It proves that a record found
 * elsewhere is the one that arrived here, which proves its record key.
 */
import { hash } from 'node:crypto';
import { encode } from '@atcute/cbor';
import { CODEC_DCBOR, fromDigest, toString } from '@atcute/cid';

/**
 * `record`: parsed JSON. undefined if its JSON does not determine what the author's server encoded: a number that is no safe
 * integer, invalid Unicode, a blob or a link with extra members. Never throws.
 */
export function cidOf(record: object): string | undefined {
  try {
    if (Array.isArray(record) || !isExact(record, MAX_LEVELS)) return undefined;
    return toString(fromDigest(CODEC_DCBOR, hash('sha256', encode(record), 'buffer')));
  } catch {
    // A link that is no CID, a member `constructor`.
    return undefined;
  }
}

/** Servers refuse records long before that depth. */
const MAX_LEVELS = 100;
const BLOB = new Set(['$type', 'ref', 'mimeType', 'size']);

function isExact(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  // -0 is no integer of CBOR.
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value !== 'object' || levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isExact(item, levels - 1));
  const members = Object.entries(value);
  const names = members.map(([name]) => name);
  // Servers disagree on whether to keep a blob's extra members.
  if ('$type' in value && value.$type === 'blob' && !names.every((name) => BLOB.has(name))) return false;
  if (names.length > 1 && ('$link' in value || '$bytes' in value)) return false;
  return members.every(
    ([name, member]) => name !== '__proto__' && name.isWellFormed() && isExact(member, levels - 1),
  );
}
