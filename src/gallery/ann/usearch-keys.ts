/** An odd number near the golden section of 2^32, and its inverse: their product is 1 modulo 2^32. */
const factor = 0x9e3779b1;
const inverse = 0xe8b2f51;

const swapHalves = (bits: number): number => ((bits << 16) | (bits >>> 16)) >>> 0;

/**
 * The key of a slot in usearch, 32 bits. usearch finds keys by linear probing from their lowest bits, and goes through all that
 * are there side by side: keys that count up would be one run of all, which every replacement goes through several times.
 */
const keyOf = (slot: number): number => swapHalves(Math.imul(slot, factor));

/** Returns the slot of a key; of a key beyond 32 bits, none: more than any slot. */
export const slotOf = (low: number, high: number): number =>
  high === 0 ? Math.imul(swapHalves(low), inverse) >>> 0 : Number.POSITIVE_INFINITY;

/** Makes the keys of slots: 64 bits, of which the lower half is used, little-endian. */
export function keysOf(slots: readonly number[]): BigUint64Array {
  const keys = new BigUint64Array(slots.length);
  const halves = new Uint32Array(keys.buffer);
  for (const [i, slot] of slots.entries()) halves[2 * i] = keyOf(slot);
  return keys;
}

/** Returns the slots of keys. */
export function slotsOf(keys: BigUint64Array): Uint32Array {
  const halves = new Uint32Array(keys.buffer, keys.byteOffset, 2 * keys.length);
  return Uint32Array.from({ length: keys.length }, (_, i) => slotOf(halves[2 * i] ?? 0, 0));
}
