import { readFileSync } from 'node:fs';
import type { Pixels } from '../../src/image/index.ts';
import { fixture } from '../support/repository.ts';

/** The bytes of a committed picture or of its golden pixels. */
export const golden = (name: string): Uint8Array => readFileSync(fixture('image', name));

const triangle = (t: number, period: number): number =>
  Math.floor((Math.abs((t % (2 * period)) - period) * 255) / period);

function level(x: number, y: number, channel: number): number {
  const slow = Math.floor(triangle(3 * x + 2 * y + 60 * channel, 701) / 3);
  const turned = 5 * x - 3 * y + 40 * channel + 30000;
  const fast = Math.floor(triangle(turned, 97) / 5);
  const edges = ((Math.floor(x / 37) + Math.floor(y / 53) + channel) % 2) * 50;
  const mixed = Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(channel, 83492791);
  return 25 + slow + fast + edges + ((mixed >>> 7) % 16);
}

/** The picture that `formula` of test/fixtures/image/generate.py makes: waves, edges and grain, never black or white. */
export function formulaPicture(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  let index = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++) data[index++] = level(x, y, channel);
  return { data, width, height };
}

/** How far two pictures lie apart, in levels of 255. */
export interface Difference {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

export function difference(actual: Uint8Array, expected: Uint8Array): Difference {
  if (actual.length !== expected.length)
    throw new RangeError(`${actual.length} bytes against ${expected.length}`);
  const apart = Uint8Array.from(actual, (value, at) => Math.abs(value - (expected[at] ?? 0))).sort();
  const mean = apart.reduce((sum, value) => sum + value, 0) / apart.length;
  return { mean, p99: apart[Math.floor(apart.length * 0.99)] ?? 0, max: apart.at(-1) ?? 0 };
}
