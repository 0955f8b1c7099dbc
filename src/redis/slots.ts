/** Hash slots of a Cluster. */

const SLOTS = 16_384;

/** CRC-16/XMODEM, as Redis computes it from the text between a key's braces. */
function slotOfTag(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc % SLOTS;
}

/** Of a key; the text between its first braces counts alone, unless it is empty. */
export const slotOf = (key: string): number => slotOfTag(/^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key);

const numbers = new Map<number, string>();
let tried = 0;

/** A number that hashes to the same slot as this tag: for keys in that slot that must not contain its name. */
export function slotNumber(tag: string): string {
  const slot = slotOfTag(tag);
  for (; !numbers.has(slot); tried += 1) {
    const number = String(tried);
    const found = slotOfTag(number);
    if (!numbers.has(found)) numbers.set(found, number);
  }
  return numbers.get(slot)!;
}
