// PIL's colour operations on uint8 RGB, bit for bit (Pillow 13: `ImageEnhance`, `Blend.c`, `Convert.c`), in place. They
// compute in float32 wherever PIL does.
import { checkNumber } from '../arguments.ts';
import type { Pixels } from './pixels.ts';

const { fround, trunc } = Math;

const clip = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : trunc(value));

/** Returns PIL's `blend` of the level `from` towards each of the 256 levels by `factor`, as a table. */
function blendTable(from: number, factor: number): Uint8Array {
  const alpha = fround(factor);
  return Uint8Array.from({ length: 256 }, (_, level) => clip(fround(from + fround(alpha * (level - from)))));
}

function applyTable(data: Uint8Array, table: Uint8Array): void {
  for (let at = 0; at < data.length; at++) data[at] = table[data[at] ?? 0] ?? 0;
}

/** Returns PIL's luma of a pixel (ITU-R 601-2), 0 to 255. */
const luma = (red: number, green: number, blue: number): number =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;

/**
 * Changes the brightness by `factor`, as PIL's `ImageEnhance.Brightness`: 0 is black, 1 leaves `pixels` as they are.
 * @throws RangeError if `factor` is below 0 or not finite.
 */
export function adjustBrightness({ data }: Pixels, factor: number): void {
  checkNumber('brightness', factor, { from: 0 });
  applyTable(data, blendTable(0, factor));
}

/**
 * Changes the contrast by `factor`, as PIL's `ImageEnhance.Contrast`: 0 is the mean grey, 1 leaves `pixels` as they are.
 * @throws RangeError if `factor` is below 0 or not finite.
 */
export function adjustContrast({ data }: Pixels, factor: number): void {
  checkNumber('contrast', factor, { from: 0 });
  let sum = 0;
  for (let at = 0; at < data.length; at += 3)
    sum += luma(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
  const mean = trunc(sum / (data.length / 3) + 0.5);
  applyTable(data, blendTable(mean, factor));
}

/**
 * Changes the saturation by `factor`, as PIL's `ImageEnhance.Color`: 0 is grey, 1 leaves `pixels` as they are.
 * @throws RangeError if `factor` is below 0 or not finite.
 */
export function adjustSaturation({ data }: Pixels, factor: number): void {
  checkNumber('saturation', factor, { from: 0 });
  const alpha = fround(factor);
  const part = Float32Array.from({ length: 511 }, (_, at) => alpha * (at - 255));
  for (let at = 0; at < data.length; at += 3) {
    const grey = luma(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
    for (let channel = at; channel < at + 3; channel++)
      data[channel] = clip(fround(grey + (part[(data[channel] ?? 0) - grey + 255] ?? 0)));
  }
}

/** Returns the hue in sixths of the colour circle, -1 to 5; `range` is the largest level minus the smallest. */
function sixthsOf(red: number, green: number, blue: number, most: number, range: number): number {
  const b = fround((most - blue) / range);
  if (red === most) return fround(b - fround((most - green) / range));
  const r = fround((most - red) / range);
  return green === most ? fround(2 + r - b) : fround(4 + fround((most - green) / range) - r);
}

/** Returns PIL's hue of a pixel that is not grey, 0 to 255. */
function hueOf(red: number, green: number, blue: number, most: number, range: number): number {
  const turns = sixthsOf(red, green, blue, most, range) / 6 + 1;
  return trunc(fround(turns >= 1 ? turns - 1 : turns) * 255);
}

/** Writes PIL's RGB of a hue, a saturation and a value, each 0 to 255. */
function writeColour(data: Uint8Array, at: number, hue: number, saturation: number, value: number): void {
  const sector = trunc((hue * 6) / 255);
  const f = fround((hue * 6) / 255 - sector);
  const s = fround(saturation / 255);
  const p = trunc(value * (1 - s) + 0.5);
  // Only one of the two is ever used: falling in odd sectors, rising in even ones.
  const other =
    sector % 2 === 1 ? trunc(value * (1 - fround(s * f)) + 0.5) : trunc(value * (1 - s * (1 - f)) + 0.5);
  const places = sectorPlaces[sector % 6] ?? sectorPlaces[0];
  data[at + places[0]] = value;
  data[at + places[1]] = other;
  data[at + places[2]] = p;
}

/** The channels that take the largest, the middle and the smallest level, by sixth of the colour circle. */
const sectorPlaces = [
  [0, 1, 2],
  [1, 0, 2],
  [1, 2, 0],
  [2, 1, 0],
  [2, 0, 1],
  [0, 2, 1],
] as const;

/**
 * Turns the hue as torchvision's `adjust_hue` does with PIL images: through PIL's 8-bit HSV, which rounds even if `turn`
 * is 0.
 * @param turn in turns of the colour circle, -0.5 to 0.5
 * @throws RangeError if `turn` is out of range.
 */
export function adjustHue({ data }: Pixels, turn: number): void {
  checkNumber('hue', turn, { from: -0.5, to: 0.5 });
  const shift = trunc(turn * 255);
  for (let at = 0; at < data.length; at += 3) {
    const red = data[at] ?? 0;
    const green = data[at + 1] ?? 0;
    const blue = data[at + 2] ?? 0;
    const most = Math.max(red, green, blue);
    const range = most - Math.min(red, green, blue);
    if (range === 0) continue;
    const saturation = trunc(fround(range / most) * 255);
    const hue = (hueOf(red, green, blue, most, range) + shift) & 255;
    if (saturation === 0) data.fill(most, at, at + 3);
    else writeColour(data, at, hue, saturation, most);
  }
}
