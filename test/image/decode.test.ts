import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type CropBox,
  decodeImage,
  type Pixels,
  preprocessImage,
  readHeader,
} from '../../src/image/index.ts';
import { difference, golden } from './golden.ts';

interface Case {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly tolerance: number;
}

const cases = JSON.parse(Buffer.from(golden('decode.json')).toString()) as Case[];

for (const { file, width, height, tolerance } of cases)
  test(`${file} has the pixels that PIL reads`, async () => {
    const pixels = await decodeImage(golden(file));
    assert.deepEqual([pixels.width, pixels.height], [width, height]);
    const { max } = difference(pixels.data, golden(`${file}.rgb`));
    assert.ok(max <= tolerance, `max difference ${max}, allowed ${tolerance}`);
  });

test('readHeader names format, media type and the size after orientation', async () => {
  for (const { file, width, height } of cases) {
    const extension = file.split('.').at(-1) ?? '';
    const format = extension === 'jpg' ? 'jpeg' : extension;
    const header = await readHeader(golden(file));
    assert.deepEqual(
      [header.format, header.width, header.height, header.mediaType],
      [format, width, height, `image/${format}`],
    );
  }
});

const pixelAt = ({ data, width }: Pixels, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

test('a CMYK JPEG (inverted, as Adobe writes it) shows its patches in their colours', async () => {
  const pixels = await decodeImage(golden('cmyk.jpg'));
  const brightest = (x: number): number => {
    const rgb = pixelAt(pixels, x, 4);
    return rgb.indexOf(Math.max(...rgb));
  };
  assert.deepEqual([4, 12, 20].map(brightest), [0, 1, 2], 'red, green, blue');
  assert.ok(
    pixelAt(pixels, 28, 4).every((value) => value > 245),
    'paper is white',
  );
  assert.ok(
    pixelAt(pixels, 36, 4).every((value) => value < 60),
    'ink is black',
  );
});

function cutOut({ data, width }: Pixels, left: number, top: number, columns: number, rows: number): number[] {
  return Array.from({ length: rows }, (_, y) => [
    ...data.subarray(((top + y) * width + left) * 3, ((top + y) * width + left + columns) * 3),
  ]).flat();
}

test('a crop box is measured on the upright picture, in pixels or fractions, and clamped', async () => {
  for (const file of [
    'orientation-1.jpg',
    'orientation-6.jpg',
    'orientation-7.jpg',
    'orientation-6.avif',
    'rgba.png',
  ]) {
    const whole = await decodeImage(golden(file));
    const { width, height } = whole;
    const cut = async (crop: CropBox): Promise<number[]> => [
      ...(await decodeImage(golden(file), { crop })).data,
    ];
    const expected = cutOut(whole, 4, 2, 8, 6);
    assert.deepEqual(await cut({ unit: 'pixels', left: 4, top: 2, width: 8, height: 6 }), expected, file);
    const fractions = { left: 4 / width, top: 2 / height, width: 8 / width, height: 6 / height };
    assert.deepEqual(await cut({ unit: 'fractions', ...fractions }), expected, file);
    const overflow = { unit: 'pixels', left: width - 3, top: -2, width: 9, height: 6 } as const;
    assert.deepEqual(await cut(overflow), cutOut(whole, width - 3, 0, 3, 4), file);
  }
});

test('a crop box without a pixel in the picture is crop-invalid', async () => {
  const box = { unit: 'pixels', left: 0, top: 0, width: 5, height: 5 } as const;
  const wrong: Partial<Record<keyof CropBox, unknown>>[] = [
    { width: 0 },
    { height: -1 },
    { left: 24 },
    { top: -9 },
    { left: Number.NaN },
    { width: Number.POSITIVE_INFINITY },
    { unit: 'inches' },
    { top: '1' },
  ];
  for (const change of wrong) {
    const crop = { ...box, ...change } as CropBox;
    await assert.rejects(
      decodeImage(golden('rgb.png'), { crop }),
      { code: 'crop-invalid' },
      JSON.stringify(change),
    );
  }
});

test('an aborted signal rejects with its reason', async () => {
  const reason = new Error('the client left');
  const options = { signal: AbortSignal.abort(reason) };
  await assert.rejects(decodeImage(golden('rgb.png'), options), reason);
  const preprocessing = { resize: { mode: 'none' }, crop: { width: 8, height: 8 } } as const;
  await assert.rejects(preprocessImage(golden('rgb.png'), preprocessing, options), reason);
});
