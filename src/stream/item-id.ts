/** Ids of items, `<ms>-<number>`: each part up to 2^64-1, so neither fits a JavaScript number. */

/** Negative: a is older. Ids have no leading zeros, so the longer number is the larger one. */
export function compareIds(a: string, b: string): number {
  const [aMs = '', aNumber = ''] = a.split('-');
  const [bMs = '', bNumber = ''] = b.split('-');
  return compareDigits(aMs, bMs) || compareDigits(aNumber, bNumber);
}

function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}

export const laterId = (a: string, b: string): string => (compareIds(a, b) < 0 ? b : a);

/** Before every item. */
export const FIRST_ID = '0-0';

const LAST_DATE_MS = 8.64e15;

/** When the item was added to the inbox: its id begins with the time. */
export const deliveredAtMs = (id: string): number => Math.min(Number(id.split('-', 1)[0]), LAST_DATE_MS);
