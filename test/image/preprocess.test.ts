// slow: takes seconds
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import {
  decodeImage,
  type Filter,
  type Pixels,
  type Preprocessing,
  preprocess,
  preprocessImage,
  type Resize,
  thumbnail,
} from '../../src/image/index.ts';
import { planPreprocessing } from '../../src/image/preprocessing-plan.ts';
import { resample } from '../../src/image/resample.ts';
import { difference, formulaPicture, golden } from './golden.ts';

type Rule = 'short-side' | 'squash' | 'none' | 'padded';

interface ResizeCase {
  readonly width: number;
  readonly height: number;
  readonly rule: Rule;
  readonly filter: Filter;
}

const crop = { width: 224, height: 224 };
const rules: Readonly<Record<Rule, (filter: Filter) => Resize>> = {
  'short-side': (filter) => ({ mode: 'short-side', size: 256, filter }),
  squash: (filter) => ({ mode: 'squash', width: 230, height: 240, filter }),
  none: () => ({ mode: 'none' }),
  padded: (filter) => ({ mode: 'short-side', size: 201, filter }),
};
const cases = JSON.parse(Buffer.from(golden('resize.json')).toString()) as ResizeCase[];
const sizes = [...new Set(cases.map(({ width, height }) => `${width}x${height}`))];
/** 32 x 32 pixels of every result are kept: every 7th from the 4th on. */
const sampleBytes = 32 * 32 * 3;

function sampled(data: Uint8Array): Uint8Array {
  const rows = Array.from({ length: 32 }, (_, y) => (3 + 7 * y) * 224);
  return Uint8Array.from(
    rows.flatMap((row) =>
      Array.from({ length: 32 }, (_, x) => [
        ...data.subarray((row + 3 + 7 * x) * 3, (row + 3 + 7 * x) * 3 + 3),
      ]).flat(),
    ),
  );
}

for (const size of sizes)
  test(`${size} resized and cropped as PIL and torchvision do`, async () => {
    const [width = 0, height = 0] = size.split('x').map(Number);
    const picture = formulaPicture(width, height);
    for (const [index, { rule, filter, ...of }] of cases.entries()) {
      if (of.width !== width || of.height !== height) continue;
      const expected = golden('resize.rgb').subarray(index * sampleBytes, (index + 1) * sampleBytes);
      const apart = difference(
        sampled(await preprocess(picture, { resize: rules[rule](filter), crop })),
        expected,
      );
      assert.ok(apart.mean <= 0.5 && apart.max <= 2, `${rule} ${filter}: ${JSON.stringify(apart)}`);
    }
  });

test('resample has the pixels of PIL to the bit, reducing and enlarging', () => {
  for (const [index, { width, height, rule, filter }] of cases.entries()) {
    if (rule === 'none' || rule === 'padded' || width > 2000) continue;
    const { resized, kept } = planPreprocessing({ width, height }, { resize: rules[rule](filter), crop });
    const { data } = resample(formulaPicture(width, height), resized, kept, filter);
    const expected = golden('resize.rgb').subarray(index * sampleBytes, (index + 1) * sampleBytes);
    assert.equal(difference(sampled(data), expected).max, 0, `${width}x${height} ${rule} ${filter}`);
  }
});

test('sizes and corners follow torchvision', () => {
  for (const row of JSON.parse(Buffer.from(golden('plans.json')).toString()) as number[][]) {
    const [width = 0, height = 0, resizedWidth, resizedHeight, left, top] = row;
    const resize = { mode: 'short-side', size: 100, filter: 'bilinear' } as const;
    const cropped = { width: Math.min(width, 90), height: Math.min(height, 151) };
    const { resized } = planPreprocessing({ width, height }, { resize, crop: cropped });
    assert.deepEqual([resized.width, resized.height], [resizedWidth, resizedHeight], `${row}`);
    const { kept } = planPreprocessing({ width, height }, { resize: { mode: 'none' }, crop: cropped });
    assert.deepEqual([kept.left, kept.top], [left, top], `${row}`);
  }
});

const side = fc.integer({ min: 1, max: 90 });
const filter = fc.constantFrom<Filter>('bilinear', 'bicubic', 'lanczos');
const resize = fc.oneof(
  fc.record({ mode: fc.constant('short-side' as const), size: side, filter }),
  fc.record({ mode: fc.constant('squash' as const), width: side, height: side, filter }),
  fc.constant({ mode: 'none' as const }),
);
const preprocessing: fc.Arbitrary<Preprocessing> = fc.record({
  resize,
  crop: fc.record({ width: side, height: side }),
});

let pictures: readonly Uint8Array[] = [];
before(async () => {
  const { data, width, height } = formulaPicture(640, 420);
  const encode = (): Sharp => sharp(data, { raw: { width, height, channels: 3 } });
  pictures = await Promise.all([
    encode().jpeg({ quality: 90 }).withMetadata({ orientation: 6 }).toBuffer(),
    encode().jpeg({ progressive: true }).toBuffer(),
    encode().greyscale().jpeg().toBuffer(),
    encode().toColourspace('rgb16').png().toBuffer(),
    encode().ensureAlpha(0.4).webp({ quality: 90 }).toBuffer(),
    golden('palette-transparent.png'),
    golden('cmyk.jpg'),
    golden('alpha.avif'),
    golden('animated.gif'),
  ]);
});

test('preprocessImage has the pixels of decodeImage and preprocess', async () => {
  const property = fc.asyncProperty(fc.nat(), preprocessing, fc.boolean(), async (pick, rule, cropped) => {
    const bytes = pictures[pick % pictures.length] ?? new Uint8Array();
    const box = cropped
      ? { crop: { unit: 'fractions', left: 0.2, top: 0.1, width: 0.5, height: 0.7 } as const }
      : {};
    const fast = await preprocessImage(bytes, rule, box);
    assert.equal(fast.length, rule.crop.width * rule.crop.height * 3);
    const slow = await preprocess(await decodeImage(bytes, box), rule);
    assert.equal(difference(fast, slow).max, 0);
  });
  await fc.assert(property, { numRuns: 120 });
});

test('misuse is told apart from bad pictures', async () => {
  const pixels: Pixels = { data: new Uint8Array(5), width: 1, height: 1 };
  const rule: Preprocessing = { resize: { mode: 'none' }, crop: { width: 0, height: 8 } };
  await assert.rejects(preprocess(pixels, { ...rule, crop }), RangeError);
  await assert.rejects(preprocess(formulaPicture(9, 9), rule), /crop\.width must be .* not 0/);
  await assert.rejects(preprocessImage(golden('rgb.png'), rule), RangeError);
  await assert.rejects(decodeImage('text' as unknown as Uint8Array), TypeError);
});

test('a thumbnail is a JPEG whose longest side has the size, and small pictures stay small', async () => {
  const sizeOf = async (pixels: Pixels, size?: number): Promise<number[]> => {
    const { width, height } = await decodeImage(await thumbnail(pixels, size));
    return [width, height];
  };
  assert.deepEqual(await sizeOf(formulaPicture(400, 300)), [256, 192]);
  assert.deepEqual(await sizeOf(formulaPicture(300, 400), 40), [30, 40]);
  assert.deepEqual(await sizeOf(formulaPicture(20, 30)), [20, 30]);
  assert.deepEqual(await sizeOf(formulaPicture(2000, 1)), [256, 1]);
  await assert.rejects(thumbnail(formulaPicture(9, 9), 0), RangeError);
});
