import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { isSrgbProfile } from '../../src/image/icc-profile.ts';
import { decodeImage, preprocessImage, readHeader, thumbnail } from '../../src/image/index.ts';
import {
  type ColourSpace,
  colourSpaces,
  greyProfile,
  levelOf,
  lightOf,
  rgbProfile,
} from '../support/colour-profiles.ts';
import {
  type Drawn,
  encoded,
  gradients,
  jpegWithProfile,
  pngChunk,
  pngWithProfile,
  webpWithProfile,
} from '../support/icc-pictures.ts';
import { difference } from './golden.ts';

/** Returns the inverse of a 3 x 3 matrix given by rows. */
function inverted(m: readonly (readonly number[])[]): number[][] {
  const at = (row: number, column: number): number => m[row % 3]?.[column % 3] ?? 0;
  const minor = (r: number, c: number): number =>
    at(r + 1, c + 1) * at(r + 2, c + 2) - at(r + 1, c + 2) * at(r + 2, c + 1);
  const determinant = [0, 1, 2].reduce((sum, c) => sum + at(0, c) * minor(0, c), 0);
  return [0, 1, 2].map((r) => [0, 1, 2].map((c) => minor(c, r) / determinant));
}

const times = (rows: readonly (readonly number[])[], vector: readonly number[]): number[] =>
  [0, 1, 2].map((column) => rows.reduce((sum, row, i) => sum + (row[column] ?? 0) * (vector[i] ?? 0), 0));

/** The sRGB pixels of drawn ones by the definition of a colour space, in float. */
function reference({ data, channels }: Drawn, { colorants, gamma }: ColourSpace): Uint8Array {
  const back = inverted(colourSpaces.srgb.colorants);
  const output: number[] = [];
  for (let at = 0; at < data.length; at += channels) {
    const levels = channels === 1 ? [0, 0, 0] : [0, 1, 2];
    const light = levels.map((channel) => lightOf((data[at + channel] ?? 0) / 255, gamma));
    const linear = channels === 1 ? light : times(back, times(colorants, light));
    output.push(...linear.map((value) => Math.round(levelOf(value))));
  }
  return Uint8Array.from(output);
}

const drawn = gradients(3);

const formats = {
  jpeg: async (profile: Buffer) => jpegWithProfile(await encoded(drawn, 'jpeg'), profile),
  png: async (profile: Buffer) => pngWithProfile(await encoded(drawn, 'png'), profile),
  webp: async (profile: Buffer) => webpWithProfile(await encoded(drawn, 'webp'), drawn, profile),
};

for (const [format, tagged] of Object.entries(formats))
  for (const name of ['p3', 'adobe', 'prophoto', 'swapped'] as const)
    for (const version of [2, 4] as const)
      test(`a ${format} in ${name} (profile of version ${version}) has the colours of a reference in float`, async () => {
        const space = colourSpaces[name];
        const expected = reference(drawn, space);
        const { data } = await decodeImage(await tagged(rgbProfile(space, version)));
        const { mean, p99 } = difference(data, expected);
        // The levels of a JPEG are its own; near black a step of light is several levels of another curve.
        assert.ok(mean < (format === 'jpeg' ? 1.5 : 0.7) && p99 <= 6, `mean ${mean}, 99 % within ${p99}`);
        assert.ok(difference(data, drawn.data).mean > 1.5, 'the profile makes a difference');
      });

test('an AVIF of 8 or 12 bits in Display P3 looks like the picture that it was made of', async () => {
  const profile = join(mkdtempSync(join(tmpdir(), 'snapshelf-profile-')), 'p3.icc');
  writeFileSync(profile, rgbProfile(colourSpaces.p3));
  const png = await encoded(drawn, 'png');
  for (const bitdepth of [8, 12] as const) {
    const avif = await sharp(png)
      .withIccProfile(profile)
      .avif({ quality: 95, bitdepth, chromaSubsampling: '4:4:4', effort: 1 })
      .toBuffer();
    const { mean } = difference((await decodeImage(avif)).data, Uint8Array.from(drawn.data));
    assert.ok(mean < 2, `mean ${mean} at ${bitdepth} bits`);
  }
  rmSync(dirname(profile), { recursive: true });
});

test('a grey picture with a linear curve becomes as light as the curve says, at 8 and 16 bits', async () => {
  const grey = gradients(1);
  const expected = reference(grey, { ...colourSpaces.srgb, gamma: 1 });
  const png = await encoded(grey, 'png');
  const deep = await sharp(png).toColourspace('grey16').png().toBuffer();
  const jpeg = jpegWithProfile(await encoded(grey, 'jpeg'), greyProfile(1));
  for (const bytes of [pngWithProfile(png, greyProfile(1)), pngWithProfile(deep, greyProfile(1)), jpeg]) {
    const { mean } = difference((await decodeImage(bytes)).data, expected);
    assert.ok(mean < 1, `mean ${mean}`);
  }
});

test('16 bits, alpha and a palette are converted too', async () => {
  const profile = rgbProfile(colourSpaces.swapped);
  const expected = reference(drawn, colourSpaces.swapped);
  const deep = await sharp(await encoded(drawn, 'png'))
    .toColourspace('rgb16')
    .png()
    .toBuffer();
  const alpha = await encoded(gradients(4), 'png');
  for (const png of [deep, alpha]) {
    const { mean } = difference((await decodeImage(pngWithProfile(png, profile))).data, expected);
    assert.ok(mean < 1, `mean ${mean}`);
  }
  const palette = await sharp(await encoded(drawn, 'png'))
    .png({ palette: true, colours: 64 })
    .toBuffer();
  const plain = await decodeImage(palette);
  const { mean } = difference(
    (await decodeImage(pngWithProfile(palette, profile))).data,
    reference({ ...drawn, data: Buffer.from(plain.data) }, colourSpaces.swapped),
  );
  assert.ok(mean < 1, `mean ${mean}`);
});

test('a profile of sRGB, whatever its version and name, changes no pixel', async () => {
  for (const version of [2, 4] as const) {
    const profile = rgbProfile(colourSpaces.srgb, version);
    assert.equal(isSrgbProfile(profile), true);
    for (const [format, tagged] of Object.entries(formats)) {
      const plain = await encoded(drawn, format as 'jpeg');
      assert.deepEqual(
        (await decodeImage(await tagged(profile))).data,
        (await decodeImage(plain)).data,
        format,
      );
    }
  }
  const shipped = await sharp(await encoded(drawn, 'png'))
    .withIccProfile('srgb')
    .png()
    .toBuffer();
  const { icc } = await sharp(shipped).metadata();
  assert.equal(isSrgbProfile(icc as Buffer), true, "the profile of libvips' own");
  for (const name of ['p3', 'adobe', 'prophoto', 'swapped', 'linear'] as const)
    assert.equal(isSrgbProfile(rgbProfile(colourSpaces[name])), false, name);
});

test('a damaged profile, or one of another kind of picture, leaves the pixels as they are', async () => {
  const profile = rgbProfile(colourSpaces.swapped);
  const cut = profile.subarray(0, 200);
  const jpeg = await encoded(drawn, 'jpeg');
  const plain = await decodeImage(jpeg);
  for (const wrong of [cut, Buffer.alloc(300, 7), greyProfile(1), Buffer.alloc(1)])
    assert.deepEqual((await decodeImage(jpegWithProfile(jpeg, wrong))).data, plain.data);
  const grey = await encoded(gradients(1), 'jpeg');
  const same = (await decodeImage(jpegWithProfile(grey, profile))).data;
  assert.deepEqual(same, (await decodeImage(grey)).data);
});

test('a profile in a PNG that would unpack to more than a mebibyte is left out', async () => {
  const png = await encoded(drawn, 'png');
  const huge = Buffer.concat([rgbProfile(colourSpaces.swapped), Buffer.alloc(50_000_000)]);
  const bomb = pngWithProfile(png, huge);
  assert.deepEqual((await readHeader(bomb)).bytes, (await readHeader(png)).bytes, 'libvips does not see it');
  assert.deepEqual((await decodeImage(bomb)).data, (await decodeImage(png)).data);
  const none = Buffer.concat([
    png.subarray(0, 33),
    pngChunk('iCCP', Buffer.from('no zero')),
    png.subarray(33),
  ]);
  assert.deepEqual((await decodeImage(none)).data, (await decodeImage(png)).data);
});

test('what a model sees and what people see have the same colours', async () => {
  const bytes = await formats.png(rgbProfile(colourSpaces.swapped));
  const pixels = await decodeImage(bytes);
  const whole = { resize: { mode: 'none' }, crop: { width: 48, height: 32 } } as const;
  assert.deepEqual(await preprocessImage(bytes, whole), pixels.data);
  const small = await decodeImage(await thumbnail(pixels));
  assert.ok(difference(small.data, pixels.data).mean < 3);
});
