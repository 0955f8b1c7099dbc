/** Generated AT Protocol identifiers: DIDs, record keys, CIDs. */
import { hash } from 'node:crypto';
import type { Random } from './random.ts';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** Record keys: this alphabet keeps the order of the numbers. */
const SORTED_BASE32 = '234567abcdefghijklmnopqrstuvwxyz';

export const makeDid = (random: Random): string => `did:plc:${base32(random, 24)}`;

/**
 * The CID of something that does not exist: `bafyrei…` a record's, `bafkrei…` a blob's. Valid: its first bits say that it is a
 * SHA-256 of 32 bytes, its last two are 0.
 */
export const makeCid = (random: Random, kind: 'bafyrei' | 'bafkrei' = 'bafyrei'): string =>
  `${kind}${BASE32[random.below(8)]}${base32(random, 50)}${BASE32[random.below(8) * 4]}`;

/** A TID: microseconds and a clock id, 13 characters. `rest`: below RKEY_RESTS, what comes after the millisecond. */
export function toRkey(timeMs: number, rest: number): string {
  return digits(timeMs * 1000 + Math.floor(rest / 1024), 11) + digits(rest % 1024, 2);
}
export const RKEY_RESTS = 1_024_000;

export const makeRkey = (timeMs: number, random: Random): string => toRkey(timeMs, random.below(RKEY_RESTS));

/** undefined where it is no TID. */
export function fromRkey(rkey: string): { timeMs: number; rest: number } | undefined {
  if (!/^[2-7a-j][2-7a-z]{12}$/.test(rkey)) return undefined;
  const values = Array.from(rkey, (digit) => SORTED_BASE32.indexOf(digit));
  const microseconds = values.slice(0, 11).reduce((sum, value) => sum * 32 + value, 0);
  const clockId = values[11]! * 32 + values[12]!;
  return {
    timeMs: Math.floor(microseconds / 1000),
    rest: (microseconds % 1000) * 1024 + clockId,
  };
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
