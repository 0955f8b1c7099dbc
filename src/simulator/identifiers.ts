/** Generated AT Protocol identifiers: DIDs, record keys, CIDs. */
import { hash } from 'node:crypto';
import type { Random } from './random.ts';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** Record keys: this alphabet keeps the order of the numbers. */
const SORTED_BASE32 = '234567abcdefghijklmnopqrstuvwxyz';

export const makeDid = (random: Random): string => `did:plc:${base32(random, 24)}`;

/** `bafyrei…` is a record's CID, `bafkrei…` a blob's. */
export const makeCid = (random: Random, kind: 'bafyrei' | 'bafkrei' = 'bafyrei'): string =>
  kind + base32(random, 52);

/** A TID: microseconds and a clock id, 13 characters. */
export function makeRkey(timeMs: number, random: Random): string {
  return digits(timeMs * 1000 + random.below(1000), 11) + digits(random.below(1024), 2);
}

/** Deterministic. */
export function digestRkey(input: string): string {
  const bytes = hash('sha256', input, 'buffer').subarray(0, 12);
  return `3${Array.from(bytes, (byte) => SORTED_BASE32[byte % 32]).join('')}`;
}

export const postUri = (did: string, rkey: string): string => `at://${did}/app.bsky.feed.post/${rkey}`;

export function base32(random: Random, length: number): string {
  let text = '';
  for (let at = 0; at < length; at += 1) text += BASE32[random.below(32)];
  return text;
}

function digits(number: number, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest = Math.floor(rest / 32)) {
    text = SORTED_BASE32[rest % 32] + text;
  }
  return text;
}
