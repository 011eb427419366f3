// Reads of an ICC profile (ICC.1:2022) only what tells whether it is sRGB, whose pixels need no conversion.

/** The colorants of sRGB adapted to D50: X, Y and Z of red, green and blue. */
const colorants = {
  rXYZ: [0.436, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
} as const;

/** The distance that a colorant may have from sRGB's, which profiles round in several ways. */
const colorantTolerance = 0.001;

/** The distance that a curve may have from sRGB's, in levels of 255: less than shows. */
const levelTolerance = 0.4;

const tagTableAt = 128;

const ascii = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));

/** Returns the data of a tag; undefined if the profile has none or it lies outside. */
function tagOf(profile: Uint8Array, name: string): DataView | undefined {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  const count = Math.min(view.getUint32(tagTableAt), 100);
  for (let at = tagTableAt + 4; at + 12 <= profile.length && at < tagTableAt + 4 + 12 * count; at += 12) {
    if (ascii(profile, at) !== name) continue;
    const offset = view.getUint32(at + 4);
    const length = view.getUint32(at + 8);
    if (offset + length > profile.length) return undefined;
    return new DataView(profile.buffer, profile.byteOffset + offset, length);
  }
  return undefined;
}

const fixed = (tag: DataView, at: number): number => tag.getInt32(at) / 65536;

function isColorant(tag: DataView | undefined, expected: readonly number[]): boolean {
  if (tag === undefined || tag.byteLength < 20) return false;
  return expected.every((value, i) => Math.abs(fixed(tag, 8 + 4 * i) - value) <= colorantTolerance);
}

/** Returns the light of a level between 0 and 1 by a sampled curve (10.6). */
function lightByTable(tag: DataView, level: number): number {
  const count = tag.getUint32(8);
  if (count < 2) return Number.NaN;
  const place = level * (count - 1);
  const at = Math.min(Math.floor(place), count - 2);
  const low = tag.getUint16(12 + 2 * at);
  const high = tag.getUint16(12 + 2 * (at + 1));
  return (low + (high - low) * (place - at)) / 65535;
}

/** Returns the light of a level between 0 and 1 by the formula that sRGB is written in (10.18, type 3). */
function lightByFormula(tag: DataView, level: number): number {
  if (tag.getUint16(8) !== 3) return Number.NaN;
  const [g = 0, a = 0, b = 0, c = 0, d = 0] = [12, 16, 20, 24, 28].map((at) => fixed(tag, at));
  return level >= d ? (a * level + b) ** g : c * level;
}

const levelOf = (light: number): number =>
  255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055);

function isCurve(tag: DataView | undefined): boolean {
  if (tag === undefined) return false;
  const kind = String.fromCharCode(...[0, 1, 2, 3].map((at) => tag.getUint8(at)));
  const light = kind === 'curv' ? lightByTable : kind === 'para' ? lightByFormula : undefined;
  if (light === undefined) return false;
  return [8, 26, 64, 128, 192, 240].every(
    (level) => Math.abs(levelOf(light(tag, level / 255)) - level) <= levelTolerance,
  );
}

/** True if a profile is sRGB by its colorants and curves, whatever it is called; false if that cannot be told. */
export function isSrgbProfile(profile: Uint8Array): boolean {
  try {
    // A profile with a table would be converted by that, not by its colorants.
    if (ascii(profile, 16) !== 'RGB ' || tagOf(profile, 'A2B0') !== undefined) return false;
    const known = Object.entries(colorants).every(([name, xyz]) => isColorant(tagOf(profile, name), xyz));
    return known && ['rTRC', 'gTRC', 'bTRC'].every((name) => isCurve(tagOf(profile, name)));
  } catch (error) {
    // A tag that ends early.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
