const seed = Math.floor(Math.random() * 2 ** 32);
const oneNumber = new Float64Array(1);
const itsWords = new Uint32Array(oneNumber.buffer);

/** Hashes a number. */
export function hashOfNumber(value: number): number {
  oneNumber[0] = value;
  return mixed(mixed(seed ^ (itsWords[0] as number)) ^ (itsWords[1] as number));
}

/** Hashes a part of some bytes: by FNV-1a from a seed that nobody knows, mixed at the end, so that values chosen to collide do not. */
export function hashOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = seed;
  for (let i = start; i < end; i += 1) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return mixed(hash);
}

function mixed(given: number): number {
  let hash = given;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
