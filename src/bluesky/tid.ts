/** Record keys that are times (TIDs): microseconds and a clock id, in an alphabet whose order is that of the numbers. */
const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz';
const tid = /^[234567a-j][234567a-z]{12}$/;
const CLOCK_IDS = 1_024n;

function encode(number: bigint): string {
  let text = '';
  for (let rest = number; text.length < 13; rest /= 32n) text = ALPHABET[Number(rest % 32n)] + text;
  return text;
}

const decode = (key: string): bigint =>
  Array.from(key).reduce((sum, char) => sum * 32n + BigInt(ALPHABET.indexOf(char)), 0n);

export const isTid = (key: string): boolean => tid.test(key);
/** The first one of this time. */
export const tidAt = (ms: number): string => encode(BigInt(Math.trunc(ms)) * 1_000n * CLOCK_IDS);
export const msOfTid = (key: string): number => Number(decode(key) / CLOCK_IDS / 1_000n);
/** The next one in order: a list that ends before it starts with `key`. */
export const tidAfter = (key: string): string => encode(decode(key) + 1n);
