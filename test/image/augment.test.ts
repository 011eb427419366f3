import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { adjustBrightness, adjustContrast, adjustHue, adjustSaturation } from '../../src/image/colour.ts';
import {
  applyColourJitter,
  cropped,
  type Filter,
  flipHorizontally,
  type Pixels,
  randomCropBox,
  randomResizedCropBox,
  resizedCrop,
} from '../../src/image/index.ts';
import { randomNumbers } from '../../src/random.ts';
import { fixture } from '../support/repository.ts';

type Operation = 'brightness' | 'contrast' | 'saturation' | 'hue' | 'flip' | 'resizedCrop';

interface Case {
  readonly operation: Operation;
  readonly arguments: readonly [number, number, number, number, Filter];
  readonly width: number;
  readonly height: number;
}

const read = (name: string): Buffer => readFileSync(fixture('augment', name));
const picture = (): Pixels => ({ data: Uint8Array.from(read('picture.rgb')), width: 36, height: 28 });

const inPlace =
  (change: (pixels: Pixels, factor: number) => void) =>
  (pixels: Pixels, of: Case): Pixels => {
    change(pixels, of.arguments[0]);
    return pixels;
  };

const operations: Readonly<Record<Operation, (pixels: Pixels, of: Case) => Pixels>> = {
  brightness: inPlace(adjustBrightness),
  contrast: inPlace(adjustContrast),
  saturation: inPlace(adjustSaturation),
  hue: inPlace(adjustHue),
  flip: inPlace(flipHorizontally),
  resizedCrop: (pixels, { arguments: [left, top, width, height, filter], ...size }) =>
    resizedCrop(pixels, { left, top, width, height }, { width: size.width, height: size.height }, filter),
};

for (const operation of Object.keys(operations) as Operation[])
  test(`${operation}: every byte as torchvision and PIL make it`, () => {
    const results = read('results.rgb');
    let [at, compared] = [0, 0];
    for (const of of JSON.parse(read('cases.json').toString()) as Case[]) {
      const expected = results.subarray(at, at + of.width * of.height * 3);
      at += expected.length;
      if (of.operation !== operation) continue;
      const { data } = operations[operation](picture(), of);
      assert.deepEqual(data, Uint8Array.from(expected), JSON.stringify(of.arguments));
      compared++;
    }
    assert.ok(compared > 0);
    assert.equal(at, results.length);
  });

const side = fc.integer({ min: 1, max: 500 });
const seed = fc.nat();

test('a random resized crop lies in the picture, with area and proportions in their ranges where they can be', () => {
  fc.assert(
    fc.property(side, side, seed, (width, height, start) => {
      const box = randomResizedCropBox(
        { width, height },
        { area: [0.2, 0.9], ratio: [0.75, 4 / 3] },
        randomNumbers(start),
      );
      assert.ok(box.left >= 0 && box.left + box.width <= width && box.width >= 1);
      assert.ok(box.top >= 0 && box.top + box.height <= height && box.height >= 1);
      const proportion = box.width / box.height;
      // Rounding to whole pixels moves each side by half a pixel.
      assert.ok(
        (box.width + 0.5) / (box.height - 0.5) >= 0.75 && (box.width - 0.5) / (box.height + 0.5) <= 4 / 3,
        `${proportion}`,
      );
      assert.ok(
        (box.width - 0.5) * (box.height - 0.5) <= 0.9 * width * height ||
          box.width === width ||
          box.height === height,
      );
    }),
  );
});

test('random resized crops spread over area, proportions and place as torchvision draws them', () => {
  const random = randomNumbers(5);
  const size = { width: 1000, height: 1000 };
  const boxes = Array.from({ length: 4000 }, () =>
    randomResizedCropBox(size, { area: [0.08, 0.5], ratio: [0.5, 2] }, random),
  );
  const mean = (of: (box: (typeof boxes)[number]) => number): number =>
    boxes.reduce((sum, box) => sum + of(box), 0) / boxes.length;
  // Every such box fits, so the draws are uniform: means in the middle, within 4 standard errors.
  assert.ok(
    Math.abs(mean(({ width, height }) => (width * height) / 1e6) - 0.29) < (4 * 0.42) / Math.sqrt(12 * 4000),
  );
  assert.ok(
    Math.abs(mean(({ width, height }) => Math.log2(width / height))) < (4 * 2) / Math.sqrt(12 * 4000),
  );
  assert.ok(Math.abs(mean(({ left, width }) => left / (1000 - width)) - 0.5) < 4 / Math.sqrt(12 * 4000));
  assert.ok(Math.abs(mean(({ top, height }) => top / (1000 - height)) - 0.5) < 4 / Math.sqrt(12 * 4000));
});

test('where no draw fits, the largest box in the middle is taken', () => {
  const wide = randomResizedCropBox(
    { width: 300, height: 10 },
    { area: [0.9, 1], ratio: [0.5, 2] },
    randomNumbers(1),
  );
  assert.deepEqual(wide, { left: 140, top: 0, width: 20, height: 10 });
  const high = randomResizedCropBox(
    { width: 10, height: 301 },
    { area: [0.9, 1], ratio: [0.5, 2] },
    randomNumbers(1),
  );
  assert.deepEqual(high, { left: 0, top: 140, width: 10, height: 20 });
  const square = { width: 10, height: 10 };
  const whole = randomResizedCropBox(square, { area: [1, 1], ratio: [1, 1] }, randomNumbers(1));
  assert.deepEqual(whole, { left: 0, top: 0, ...square });
});

test('a random crop reaches every place and no other', () => {
  const random = randomNumbers(3);
  const places = Array.from({ length: 500 }, () =>
    randomCropBox({ width: 6, height: 5 }, { width: 3, height: 4 }, random),
  );
  assert.deepEqual(new Set(places.map(({ left }) => left)), new Set([0, 1, 2, 3]));
  assert.deepEqual(new Set(places.map(({ top }) => top)), new Set([0, 1]));
  assert.throws(() => randomCropBox({ width: 6, height: 5 }, { width: 7, height: 4 }, random), RangeError);
});

test('a crop copies its box', () => {
  const source = picture();
  const { data } = cropped(source, { left: 5, top: 3, width: 2, height: 2 });
  const row = (y: number): number[] => [...source.data.subarray((y * 36 + 5) * 3, (y * 36 + 7) * 3)];
  assert.deepEqual([...data], [...row(3), ...row(4)]);
  assert.throws(() => cropped(source, { left: 35, top: 0, width: 2, height: 1 }), /not inside a 36 x 28/);
});

/** The four adjustments with factors in the middle of the upper halves of their ranges, in an order. */
function adjusted(order: readonly number[]): string {
  const pixels = picture();
  const steps = [
    () => adjustBrightness(pixels, 1.2),
    () => adjustContrast(pixels, 1.2),
    () => adjustSaturation(pixels, 1.2),
    () => adjustHue(pixels, 0.05),
  ];
  for (const at of order) steps[at]?.();
  return Buffer.from(pixels.data).toString('base64');
}

test('jitter applies its four parts in every order, with factors from their ranges', () => {
  const four = [0, 1, 2, 3];
  const orders = four.flatMap((a) => four.flatMap((b) => four.flatMap((c) => four.map((d) => [a, b, c, d]))));
  const expected = new Set(orders.filter((order) => new Set(order).size === 4).map(adjusted));
  const seen = new Set<string>();
  const random = randomNumbers(1);
  for (let round = 0; round < 300; round++) {
    let drawn = 0;
    const pixels = picture();
    const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
    // Three numbers for the order, then one for each factor.
    applyColourJitter(pixels, jitter, () => (drawn++ < 3 ? random() : 0.75));
    seen.add(Buffer.from(pixels.data).toString('base64'));
  }
  assert.ok(expected.size > 20);
  assert.deepEqual(seen, expected);
  const untouched = picture();
  applyColourJitter(untouched, { brightness: 0, hue: 0 }, random);
  assert.deepEqual(untouched, picture());
});

test('the least factor is never below 0', () => {
  const black = picture();
  applyColourJitter(black, { brightness: 3 }, () => 0);
  assert.ok(black.data.every((level) => level === 0));
});

test('jitter draws as many numbers whatever it does, and the same seed gives the same colours', () => {
  for (const jitter of [{}, { hue: 0.1 }, { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 }]) {
    const [random, plain, again] = [randomNumbers(2), randomNumbers(2), randomNumbers(2)];
    const [a, b] = [picture(), picture()];
    applyColourJitter(a, jitter, random);
    applyColourJitter(b, jitter, again);
    assert.deepEqual(a, b);
    for (let i = 0; i < 7; i++) plain();
    assert.equal(random(), plain());
  }
});

test('misuse is refused with the value', () => {
  const at = (area: [number, number], ratio: [number, number]) => () =>
    randomResizedCropBox({ width: 9, height: 9 }, { area, ratio }, Math.random);
  assert.throws(at([0, 1], [1, 1]), /\[0, 1\]/);
  assert.throws(at([0.5, 0.4], [1, 1]), RangeError);
  assert.throws(at([0.5, 1.1], [1, 1]), RangeError);
  assert.throws(at([0.5, 1], [2, 1]), /\[2, 1\]/);
  assert.throws(() => adjustBrightness(picture(), -1), /-1/);
  assert.throws(() => adjustHue(picture(), 0.6), /0.6/);
  assert.throws(() => applyColourJitter(picture(), { hue: 0.7 }, Math.random), /0.7/);
  assert.throws(() => applyColourJitter(picture(), { contrast: Number.NaN }, Math.random), /NaN/);
});
