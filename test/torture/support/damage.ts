const page = 4096;

/** Bytes as a bad disk, a bad cable or a file system after a crash gives them back: never the same as before. */
export function damaged(bytes: Uint8Array, random: () => number): Buffer {
  const at = Math.floor(random() * bytes.length);
  const kind = random();
  if (kind < 0.15) return Buffer.from(bytes.subarray(0, at));
  const copy = Buffer.from(bytes);
  if (kind < 0.25) copy.fill(0, at - (at % 512), Math.min(bytes.length, at - (at % 512) + 512));
  else if (kind < 0.35) copy.copyWithin(at - (at % page), Math.floor(random() * bytes.length), bytes.length);
  if (kind < 0.35 && !copy.equals(bytes)) return copy;
  copy[at] = (copy[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  return copy;
}
