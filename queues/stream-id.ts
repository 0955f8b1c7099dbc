/** Ids of stream entries and of inbox items, `<ms>-<number>`: each part up to 2^64 - 1, so neither fits a JavaScript number. */

const MAX_PART = 2n ** 64n - 1n;

/** Before every entry. */
export const FIRST_ID = '0-0';
/** After every entry. */
export const LAST_ID = `${MAX_PART}-${MAX_PART}`;

export const idPattern = /^\d{1,20}-\d{1,20}$/;
/** Without its number an id stands for a whole millisecond. */
export const openIdPattern = /^\d{1,20}(-\d{1,20})?$/;

/** The canonical form, without leading zeros; a whole millisecond becomes its `end`. undefined: not an id. */
export function canonicalId(text: string, end: 'first' | 'last' = 'first'): string | undefined {
  if (!openIdPattern.test(text)) return undefined;
  const [ms, number] = partsOf(text.includes('-') ? text : `${text}-${end === 'first' ? 0 : MAX_PART}`);
  return ms > MAX_PART || number > MAX_PART ? undefined : `${ms}-${number}`;
}

/** Negative: a is older. Both must be canonical: then the longer number is larger, and no BigInt is needed. */
export function compareIds(a: string, b: string): number {
  const dash = a.indexOf('-');
  const bDash = b.indexOf('-');
  if (dash !== bDash) return dash - bDash;
  if (a.length !== b.length && a.startsWith(b.slice(0, dash))) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}

export const isBefore = (a: string, b: string): boolean => compareIds(a, b) < 0;
export const laterId = (a: string, b: string): string => (isBefore(a, b) ? b : a);

export const oldestOf = (ids: readonly string[]): string | undefined =>
  ids.reduce<string | undefined>((oldest, id) => (!oldest || isBefore(id, oldest) ? id : oldest), undefined);

/** The id just before this one. */
export function before(id: string): string {
  const [ms, number] = partsOf(id);
  if (number > 0n) return `${ms}-${number - 1n}`;
  return ms > 0n ? `${ms - 1n}-${MAX_PART}` : FIRST_ID;
}

/** The id this many ms earlier. */
export function earlier(id: string, ms: number): string {
  const time = partsOf(id)[0] - BigInt(ms);
  return time > 0n ? `${time}-0` : FIRST_ID;
}

const LAST_DATE_MS = 8.64e15;

/** When the entry was appended, by the clock of its Redis; never later than a Date can be. */
export const timeMsOf = (id: string): number => Math.min(Number.parseInt(id, 10), LAST_DATE_MS);

const partsOf = (id: string) => id.split('-').map(BigInt) as [ms: bigint, number: bigint];
