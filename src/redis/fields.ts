/** Names and values that Redis returns alternately. */
export const fieldsOf = <Value extends string | number | null>(
  flat: readonly Value[],
): Record<string, Value> =>
  Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]!]] : [])));
