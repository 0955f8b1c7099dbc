/** Ids of an inbox's entries, oldest first, each with the subscription it matched first: 16 bytes an entry. Never changed. */
export interface IdTable {
  length: number;
  ms: Float64Array;
  number: Uint32Array;
  /** Index into `names`; NO_ITEM: another program's entry. */
  subscription: Int32Array;
  names: readonly string[];
}

export const NO_ITEM = -1;
/** Larger ids have no item id either: they only count. */
const MAX_NUMBER = 2 ** 32 - 1;

/** Of a first match: `{"subscription_id":…` as text; undefined: no item. */
export interface Head {
  id: string;
  subscription: string | undefined;
}

export const emptyTable: IdTable = {
  length: 0,
  ms: new Float64Array(),
  number: new Uint32Array(),
  subscription: new Int32Array(),
  names: [],
};

export const idAt = ({ ms, number }: IdTable, at: number): string => `${ms[at]}-${number[at]}`;

export function partsOf(id: string): [ms: number, number: number] {
  const dash = id.indexOf('-');
  return [Number(id.slice(0, dash)), Math.min(Number(id.slice(dash + 1)), MAX_NUMBER)];
}

/** How many entries are older than this id, or with `inclusive` up to it. */
export function countBefore({ ms, number, length }: IdTable, id: string, inclusive = false): number {
  const [idMs, idNumber] = partsOf(id);
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const difference = ms[middle]! - idMs || number[middle]! - idNumber;
    if (difference < 0 || (inclusive && difference === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The entries from `start` on. */
export function from(table: IdTable, start: number): IdTable {
  if (start <= 0) return table;
  const { ms, number, subscription, length } = table;
  return {
    ...table,
    length: Math.max(0, length - start),
    ms: ms.slice(start),
    number: number.slice(start),
    subscription: subscription.slice(start),
  };
}

/** `heads`, oldest first, and before and behind them entries of the table. */
export function spliced(table: IdTable, before: number, heads: readonly Head[], behind: number): IdTable {
  const names = [...table.names];
  const places = new Map(names.map((name, at) => [name, at]));
  const place = (name: string): number => {
    let at = places.get(name);
    if (at === undefined) {
      at = names.push(name) - 1;
      places.set(name, at);
    }
    return at;
  };
  const length = before + heads.length + table.length - behind;
  const made = {
    length,
    ms: new Float64Array(length),
    number: new Uint32Array(length),
    subscription: new Int32Array(length),
    names,
  };
  for (const column of ['ms', 'number', 'subscription'] as const) {
    made[column].set(table[column].subarray(0, before));
    made[column].set(table[column].subarray(behind, table.length), before + heads.length);
  }
  for (const [nth, { id, subscription }] of heads.entries()) {
    const at = before + nth;
    [made.ms[at], made.number[at]] = partsOf(id);
    made.subscription[at] = subscription === undefined ? NO_ITEM : place(subscription);
  }
  return made;
}
