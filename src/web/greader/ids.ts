/**
 * Ids of items as the Google Reader API has them, a positive signed 64-bit integer, to and from ids of the inbox's stream,
 * `<ms>-<number>`. Pure arithmetic: nothing is looked up.
 *
 *   usual  number < 1000, 10^12 <= ms < 10^13   ms * 1000 + number: 16 decimal digits, a microsecond scale
 *   rare   else ms < 2^42 and number < 2^20     2^62 + ms * 2^20 + number
 *   none   else: such an entry is not shown
 */

const LONG = 'tag:google.com,2005:reader/item/';
const RARE = 2n ** 62n;
const MAX = 2n ** 63n - 1n;
const RARE_MS = 2 ** 42;
const RARE_NUMBER = 2 ** 20;

const isUsual = (ms: number, number: number): boolean => number < 1_000 && ms >= 1e12 && ms < 1e13;

/** Whether the entry `<ms>-<number>` has an item id. */
export const hasItemId = (ms: number, number: number): boolean =>
  isUsual(ms, number) || (ms < RARE_MS && number < RARE_NUMBER);

function partsOf(streamId: string): [ms: number, number: number] {
  const dash = streamId.indexOf('-');
  return [Number(streamId.slice(0, dash)), Number(streamId.slice(dash + 1))];
}

/** In decimal digits. The entry must have an item id. */
export function decimalId(streamId: string): string {
  const [ms, number] = partsOf(streamId);
  if (isUsual(ms, number)) return `${ms}${String(number).padStart(3, '0')}`;
  return String(RARE + BigInt(ms) * BigInt(RARE_NUMBER) + BigInt(number));
}

/** `tag:google.com,2005:reader/item/` and 16 lower-case hexadecimal digits. */
export const longId = (streamId: string): string =>
  LONG + BigInt(decimalId(streamId)).toString(16).padStart(16, '0');

/** When the item was delivered, in microseconds: of a usual id the id itself, of a rare one the end of its millisecond. */
export function timestampUsec(streamId: string): string {
  const [ms, number] = partsOf(streamId);
  return isUsual(ms, number) ? decimalId(streamId) : String(BigInt(ms) * 1_000n + 999n);
}

/** The stream id that a client means. undefined: no item has this id. */
export function streamIdOf(text: string): string | undefined {
  const value = valueOf(text);
  if (value === undefined) return undefined;
  if (value >= 10n ** 15n && value < 10n ** 16n) return `${value / 1_000n}-${value % 1_000n}`;
  if (value < RARE || value > MAX) return undefined;
  const ms = Number((value - RARE) / BigInt(RARE_NUMBER));
  const number = Number((value - RARE) % BigInt(RARE_NUMBER));
  return isUsual(ms, number) ? undefined : `${ms}-${number}`;
}

const hex = /^[0-9a-f]{1,16}$/i;

/** Decimal first: our usual ids have 16 digits in either form, and their hexadecimal form begins with 0. */
function valueOf(text: string): bigint | undefined {
  if (/^[1-9]\d{0,18}$/.test(text)) return BigInt(text);
  const slash = text.lastIndexOf('/');
  const digits = slash < 0 && text.length < 16 ? '' : text.slice(slash + 1);
  return hex.test(digits) ? BigInt(`0x${digits}`) : undefined;
}
