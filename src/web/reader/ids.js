/** Whether one item id comes after another. */
export function isAfter(id, other) {
  const [ms, number] = id.split('-').map(BigInt);
  const [otherMs, otherNumber] = other.split('-').map(BigInt);
  return ms > otherMs || (ms === otherMs && number > otherNumber);
}
